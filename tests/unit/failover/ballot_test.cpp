#include "failover/ballot.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <random>
#include <set>

using namespace fedctl::failover;

namespace {

/// A writer that changes the value again and again, one message to one cluster at a time, so that others come between.
struct Writer {
  enum class Phase { promise, accept };
  std::string name;
  Phase phase = Phase::promise;
  Ballot ballot = {};
  bool is_prepared = false;  ///< A majority promised `ballot` when it took what was written last.
  std::string last = {};     ///< What was written last by this one.
  std::string version = {};  ///< Of the write that is under way.
  std::string value = {};
  std::string writing = {};  ///< The version that is known to be proposed, and not known to have been taken.
  std::string base = {};
  std::set<std::size_t> asked = {};
  std::vector<Acceptor> promises = {};
  std::size_t taken = 0;
  Ballot highest = {};
  int writes = 0;
};

/// Five clusters or three, writers who race, and a network that loses requests and answers and stays cut for a while.
class Race {
 public:
  Race(unsigned seed, std::size_t clusters) : random_(seed), acceptors_(clusters) {
    for (const char* name : {"a", "b", "c"}) writers_.push_back({.name = name});
    for (Writer& writer : writers_) begin(writer);
  }

  void run(int steps) {
    for (int step = 0; step < steps; ++step) {
      if (step % 40 == 0) cut_ = chance(3) == 0 ? std::optional{chance(acceptors_.size())} : std::nullopt;
      go_on(writers_[chance(writers_.size())]);
    }
  }

  /// Each write that succeeded followed another one that is known, and no two followed the same.
  bool is_one_history() const {
    std::set<std::string> bases;
    for (const auto& [version, base] : done_) {
      if (!bases.insert(base).second) return false;
      if (!base.empty() && !proposed_.contains(base)) return false;
    }
    return true;
  }
  /// All that succeeded is behind what a reader finds now.
  bool keeps_all() const {
    const Acceptor& now = newest_of(acceptors_);
    std::set<std::string> behind;
    for (std::string version = now.version; !version.empty(); version = proposed_.at(version)) behind.insert(version);
    return std::ranges::all_of(done_, [&](const auto& one) { return behind.contains(one.first); });
  }
  std::size_t done() const { return done_.size(); }

 private:
  std::size_t chance(std::size_t below) { return std::uniform_int_distribution<std::size_t>{0, below - 1}(random_); }

  void begin(Writer& writer) {
    writer.asked.clear();
    writer.promises.clear();
    writer.taken = 0;
    if (writer.is_prepared && writer.writing.empty()) {
      writer.is_prepared = false;
      propose(writer, writer.last);
      return;
    }
    writer.is_prepared = false;
    writer.phase = Writer::Phase::promise;
    writer.ballot = next_of(std::max(writer.highest, writer.ballot), writer.name);
  }

  void propose(Writer& writer, const std::string& base) {
    writer.phase = Writer::Phase::accept;
    writer.asked.clear();
    writer.taken = 0;
    writer.version = writer.name + std::to_string(++writer.writes);
    writer.writing = writer.version;
    writer.base = base;
    proposed_[writer.version] = base;
  }

  void go_on(Writer& writer) {
    if (writer.asked.size() == acceptors_.size()) return begin(writer);
    std::size_t cluster = chance(acceptors_.size());
    while (writer.asked.contains(cluster)) cluster = (cluster + 1) % acceptors_.size();
    writer.asked.insert(cluster);
    if (cut_ == cluster || chance(10) == 0) return;
    Acceptor& acceptor = acceptors_[cluster];
    const bool is_promise = writer.phase == Writer::Phase::promise;
    const bool agreed = is_promise ? promise(acceptor, writer.ballot) : accept(acceptor, writer.ballot, writer.version, writer.value);
    if (chance(10) == 0) return;
    writer.highest = std::max(writer.highest, acceptor.promised);
    if (!agreed) return;
    if (is_promise) {
      writer.promises.push_back(acceptor);
      if (is_majority(writer.promises.size(), acceptors_.size())) learn(writer);
    } else if (is_majority(++writer.taken, acceptors_.size())) {
      finish(writer);
    }
  }

  void learn(Writer& writer) {
    const Acceptor newest = newest_of(writer.promises);
    // What is under way is done by this, or was overtaken; then it may be the base of others, or nobody's.
    if (!writer.writing.empty() && newest.version == writer.writing) {
      writer.phase = Writer::Phase::accept;
      writer.asked.clear();
      writer.taken = 0;
      writer.version = newest.version;
      return;
    }
    writer.writing.clear();
    propose(writer, newest.version);
  }

  void finish(Writer& writer) {
    done_[writer.version] = writer.base;
    writer.last = writer.version;
    writer.writing.clear();
    writer.ballot = next_of(writer.ballot, writer.name);
    writer.is_prepared = true;
    begin(writer);
  }

  std::mt19937 random_;
  std::vector<Acceptor> acceptors_;
  std::vector<Writer> writers_;
  std::optional<std::size_t> cut_;
  std::map<std::string, std::string> proposed_;  ///< Each version, and what it was made of.
  std::map<std::string, std::string> done_;
};

}  // namespace

TEST_CASE("a ballot is read as it was written, and what is none is none") {
  const Ballot ballot{12, "3f9a"};
  CHECK(ballot_from(to_string(ballot)) == ballot);
  CHECK(ballot_from("") == Ballot{});
  CHECK(ballot_from("-1 a") == Ballot{});
  CHECK(ballot_from("1x a") == Ballot{});
  CHECK(to_string(Ballot{}).empty());
  CHECK(Ballot{2, "a"} < Ballot{2, "b"});
  CHECK(Ballot{2, "z"} < Ballot{3, "a"});
}

TEST_CASE("a cluster keeps its promise, and takes nothing of a lower ballot") {
  Acceptor acceptor;
  CHECK(promise(acceptor, {2, "b"}));
  CHECK_FALSE(promise(acceptor, {2, "a"}));
  CHECK_FALSE(accept(acceptor, {2, "a"}, "v", "x"));
  CHECK(accept(acceptor, {2, "b"}, "v", "x"));
  CHECK(acceptor.promised == Ballot{3, "b"});
  CHECK_FALSE(accept(acceptor, {2, "z"}, "w", "y"));
  CHECK(accept(acceptor, {3, "b"}, "w", "y"));
}

TEST_CASE("an answer is believed only where a majority took the newest of them") {
  const Acceptor old{{1, "a"}, {1, "a"}, "v", "x"};
  const Acceptor fresh{{2, "a"}, {2, "a"}, "w", "y"};
  CHECK(is_settled({old, old}, 3));
  CHECK_FALSE(is_settled({old, fresh}, 3));
  CHECK_FALSE(is_settled({old, old, fresh}, 3));
  CHECK(is_settled({fresh, old, fresh}, 3));
  CHECK_FALSE(is_settled({fresh}, 3));
  CHECK(is_settled({Acceptor{}, Acceptor{}}, 3));
}

TEST_CASE("whoever races and whatever is lost, writes follow one another, and none that succeeded is lost") {
  std::size_t done = 0;
  for (unsigned seed = 1; seed <= 2'000; ++seed) {
    Race race{seed, seed % 2 == 0 ? std::size_t{3} : std::size_t{5}};
    race.run(400);
    INFO("seed " << seed);
    REQUIRE(race.is_one_history());
    REQUIRE(race.keeps_all());
    done += race.done();
  }
  CHECK(done > 5'000);
}
