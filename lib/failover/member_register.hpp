#pragma once

#include "base/task.hpp"
#include "base/task_group.hpp"
#include "failover/ballot.hpp"
#include "kube/client.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fedctl::failover {

/// A text that several clusters keep together, each in a ConfigMap, of which any minority may be lost (ballot.hpp). Nobody waits for a
/// cluster that is not needed for a majority; what it answers later is kept.
class MemberRegister {
 public:
  struct Reading {
    std::string version;  ///< Of what was written; empty: nothing was yet.
    std::string value;
    time::Duration age{0};  ///< Since a cluster last wrote its object, by that cluster's clock alone; the least of those that hold it.
  };

  /// How long each request may take, and whether a write of it is waited for also after an interrupt.
  struct Patience {
    Patience(time::Duration longest, bool is_needed = false) : longest(longest), is_needed(is_needed) {}
    time::Duration longest;
    bool is_needed;
  };

  /// The clients must outlive it.
  MemberRegister(std::vector<kube::Client*> clusters, std::string name_space, std::string name, std::string policy);
  ~MemberRegister();
  MemberRegister(const MemberRegister&) = delete;
  MemberRegister& operator=(const MemberRegister&) = delete;

  /// What was written last. Errors: unreachable where a majority does not answer; the clusters'.
  Task<Result<Reading>> read(Patience patience);

  /// Writes `value` in place of the version `base`, and yields its version.
  /// Errors: conflict where another version is there by now; unreachable where a majority does not take it, and then it may be written all
  /// the same, as the next reading tells.
  Task<Result<std::string>> write(std::string base, std::string value, Patience patience);

  http::Loop& loop() const { return clusters_.front()->loop(); }
  std::string display_name() const;

 private:
  /// A cluster's object.
  struct Held {
    Acceptor acceptor;
    std::string resource_version;  ///< Empty: there is none.
    time::Duration age{0};
  };
  struct Answer {
    std::optional<Held> held;
    bool agreed = false;
    std::optional<Error> error;
  };
  /// Asking each of the clusters once.
  struct Round {
    std::vector<std::optional<Answer>> answers;
    TaskGroup tasks;
  };
  struct Prepared {
    Ballot ballot;
    Acceptor newest;
  };
  using Rule = std::function<bool(Acceptor&)>;
  using Enough = std::function<bool(const Round&)>;

  Task<Result<Held>> fetch(std::size_t cluster, Patience patience);
  Task<Result<Held>> put(std::size_t cluster, Held held, Patience patience);
  Task<Result<Done>> make_namespace(std::size_t cluster, Patience patience);
  Task<Answer> look(std::size_t cluster, Patience patience);
  Task<Answer> step(std::size_t cluster, Rule rule, Patience patience);
  Task<Done> note(Round& round, std::size_t cluster, Task<Answer> work);
  Task<Round*> gather(std::vector<Task<Answer>> works, Enough enough);
  Task<Round*> agree(Rule rule, Patience patience);
  Task<Result<Prepared>> prepare(Patience patience);
  Task<Result<Done>> propose(Ballot ballot, std::string version, std::string value, Patience patience);
  Task<Result<Reading>> settle(Patience patience);
  void repair(const Round& round, const Acceptor& newest, Patience patience);
  std::vector<Acceptor> acceptors_in(const Round& round) const;
  Reading reading_of(const Round& round, const Acceptor& newest) const;
  bool is_in_vain(const Round& round) const;
  Error no_majority(const Round& round) const;

  std::vector<kube::Client*> clusters_;
  std::string name_space_;
  std::string name_;
  std::string policy_;
  std::string writer_;
  std::vector<std::optional<Held>> known_;  ///< As each cluster's object was when we last wrote it.
  Ballot highest_;                          ///< That was seen anywhere.
  Ballot ballot_;
  std::optional<std::string> prepared_for_;  ///< A majority promised `ballot_` when it took this version.
  std::vector<std::unique_ptr<Round>> rounds_;
};

}  // namespace fedctl::failover
