#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// One value that several clusters keep together, of which any minority may be lost: a register by consensus, pure.
///
/// The protocol is CASPaxos (D. Rystsov, 2018, https://arxiv.org/abs/1802.07000): single-decree Paxos whose value may change. A writer asks
/// a majority for a promise not to take anything of a lower ballot, learns the newest value that any of them took, and has a majority take
/// that value again, or another one that it makes of it. Two majorities share a cluster, so of two writers who began with the same value at
/// most one succeeds, and no value that a majority took is ever lost. A cluster takes part by an object that is written only as it was read
/// (its resourceVersion), which makes each of the steps below one step there.
namespace fedctl::failover {

struct Ballot {
  std::int64_t number = 0;  ///< 0: none.
  std::string writer;       ///< Of two with the same number the writers tell which is higher.
  auto operator<=>(const Ballot&) const = default;
};

/// "12 3f9a": as an annotation has it. What is none reads as no ballot.
std::string to_string(const Ballot& ballot);
Ballot ballot_from(const std::string& text);

/// What a cluster holds.
struct Acceptor {
  Ballot promised;      ///< Nothing of a lower one is taken.
  Ballot accepted;      ///< By which it took what follows.
  std::string version;  ///< Which write this value is, whoever had it taken again; empty: there was none yet.
  std::string value;
  bool operator==(const Acceptor&) const = default;
};

/// The promise. False: it promised somebody else a higher one, or this one already.
bool promise(Acceptor& acceptor, const Ballot& ballot);

/// Takes the value; and promises its writer the next ballot, so that a writer who is alone needs no promise first.
/// False: it promised somebody else a higher one.
bool accept(Acceptor& acceptor, const Ballot& ballot, const std::string& version, const std::string& value);

/// The writer's next ballot after `seen`.
Ballot next_of(const Ballot& seen, const std::string& writer);

/// More than half of all.
inline bool is_majority(std::size_t some, std::size_t all) { return some * 2 > all; }

/// Of what was taken by the highest ballot. Not empty.
const Acceptor& newest_of(const std::vector<Acceptor>& answers);

/// Has a majority of `all` taken the newest of these answers? Then it can be believed as it is: whatever was taken by a majority before
/// would be among them.
bool is_settled(const std::vector<Acceptor>& answers, std::size_t all);

}  // namespace fedctl::failover
