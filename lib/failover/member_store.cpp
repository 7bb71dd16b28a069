#include "failover/member_store.hpp"

#include "base/json.hpp"
#include "failover/member_candidacy.hpp"
#include "failover/member_register.hpp"
#include "http/rest.hpp"

#include <fmt/format.h>
#include <chrono>

namespace fedctl::failover {
namespace {

constexpr time::Duration request_patience{5'000};
constexpr time::Duration patience_of_look{2'000};
constexpr std::chrono::seconds lasts_of_run{30};
constexpr time::Duration between_tries{100};

/// Renewed until it is given back. One that is lost (this process stood still for long) stops the work.
class MemberHold : public Hold {
 public:
  MemberHold(http::Loop& loop, std::unique_ptr<MemberCandidacy> candidacy) : loop_(loop), candidacy_(std::move(candidacy)) {
    renewals_.start(keep());
  }
  MemberHold(const MemberHold&) = delete;
  MemberHold& operator=(const MemberHold&) = delete;
  ~MemberHold() override {
    is_ending_ = true;
    loop_.wake(this);
    const bool was_interrupted = loop_.interrupted();
    loop_.clear_interrupt();
    loop_.run(give_back());
    if (was_interrupted) loop_.interrupt();
  }

  std::int64_t token() const override { return candidacy_->token(); }

 private:
  Task<Done> keep() {
    while (!is_ending_) {
      const http::Rest rest = co_await http::rest(loop_, candidacy_->pace(), this);
      if (is_ending_ || rest == http::Rest::interrupted) break;
      const auto renewed = co_await candidacy_->ask();
      if (!is_ending_ && !renewed && !candidacy_->is_ours()) loop_.interrupt();
    }
    co_return Done{};
  }

  Task<Done> give_back() {
    co_await renewals_.end();
    co_await candidacy_->give_back();
    co_return Done{};
  }

  http::Loop& loop_;
  std::unique_ptr<MemberCandidacy> candidacy_;
  bool is_ending_ = false;
  TaskGroup renewals_;
};

class MemberStore : public Store {
 public:
  MemberStore(std::vector<kube::Client*> clusters, std::string name_space, std::string policy_namespace, std::string policy)
      : clusters_(std::move(clusters)),
        name_space_(std::move(name_space)),
        policy_namespace_(std::move(policy_namespace)),
        policy_(std::move(policy)),
        kept_(clusters_, name_space_, object_name(policy_namespace_, policy_), policy_) {}

  Task<Result<State>> load() override {
    const auto reading = co_await kept_.read(request_patience);
    if (!reading) co_return Failure{reading.error()};
    if (reading->version.empty()) co_return State{};
    auto state = state_from(parse_json(reading->value));
    if (!state) co_return Failure{at_place(state.error(), kept_.display_name())};
    state->version = reading->version;
    co_return state;
  }

  Task<Result<Done>> save(State& state) override {
    const MemberRegister::Patience patience{request_patience, true};
    co_return co_await write(state, patience);
  }
  Task<Result<Done>> save_look(State& state) override { co_return co_await write(state, patience_of_look); }

  std::unique_ptr<Candidacy> stand(const std::string& operation, std::chrono::seconds lasts) override {
    return candidacy({.operation = operation, .lasts = lasts});
  }

  Result<std::unique_ptr<Hold>> hold(const std::string& operation, std::int64_t least_token, time::Duration patience) override {
    http::Loop& loop = kept_.loop();
    auto candidate = candidacy({.operation = operation, .lasts = lasts_of_run, .least_token = least_token, .by_sight = false});
    auto taken = loop.run(take(*candidate, patience));
    if (!taken) return Failure{taken.error()};
    return std::make_unique<MemberHold>(loop, std::move(candidate));
  }

  std::string display_name() const override { return kept_.display_name(); }

 private:
  std::unique_ptr<MemberCandidacy> candidacy(MemberCandidacy::Claim claim) {
    const std::string name = object_name(policy_namespace_, policy_, claim.operation);
    auto kept = std::make_unique<MemberRegister>(clusters_, name_space_, name, policy_);
    return std::make_unique<MemberCandidacy>(std::move(kept), std::move(claim));
  }

  /// Asks until it is ours, or `patience` is over.
  Task<Result<Done>> take(MemberCandidacy& candidate, time::Duration patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (true) {
      auto asked = co_await candidate.ask();
      if (asked || asked.error().code != Code::conflict || std::chrono::steady_clock::now() >= deadline) co_return asked;
      const http::Rest rest = co_await http::rest(kept_.loop(), between_tries);
      if (rest == http::Rest::interrupted) co_return Failure{{Code::cancelled, "interrupted"}};
    }
  }

  Task<Result<Done>> write(State& state, MemberRegister::Patience patience) {
    auto written = co_await kept_.write(state.version, to_text(to_json(state)), patience);
    if (!written) co_return Failure{written.error()};
    state.version = std::move(*written);
    co_return Done{};
  }

  std::vector<kube::Client*> clusters_;
  std::string name_space_;
  std::string policy_namespace_;
  std::string policy_;
  MemberRegister kept_;
};

}  // namespace

std::unique_ptr<Store> make_member_store(std::vector<kube::Client*> clusters, std::string name_space, std::string policy_namespace,
                                         std::string policy) {
  return std::make_unique<MemberStore>(std::move(clusters), std::move(name_space), std::move(policy_namespace), std::move(policy));
}

}  // namespace fedctl::failover
