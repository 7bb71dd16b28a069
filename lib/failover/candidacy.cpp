#include "failover/candidacy.hpp"

#include "failover/store.hpp"
#include "failover/term.hpp"

#include <fmt/format.h>
#include <chrono>
#include <optional>

namespace fedctl::failover {
namespace {

constexpr time::Duration between_looks{500};
constexpr time::Duration between_locks{100};
constexpr time::Duration goodbye{300};

class LeaseCandidacy : public Candidacy {
 public:
  LeaseCandidacy(kube::Client& client, std::string name_space, apply::Claim claim)
      : client_(client), name_space_(std::move(name_space)), claim_(std::move(claim)), term_(claim_.lasts) {}

  Task<Result<Done>> ask() override {
    if (held_) {
      auto renewed = co_await renew();
      const bool was_written = !renewed && renewed.error().code == Code::conflict;
      if (!was_written) co_return renewed;
      held_.reset();
    }
    auto tried = co_await take();
    co_return tried;
  }

  bool is_ours() const override { return held_ && term_.is_ours(Term::Instant::clock::now()); }
  time::Duration pace() const override { return is_ours() ? term_.pace() : between_looks; }

  Task<Done> give_back() override {
    term_.end();
    if (!held_) co_return Done{};
    apply::HeldLease held = std::move(*held_);
    held_.reset();
    co_await apply::give_back_within(client_, std::move(held), goodbye);
    co_return Done{};
  }

 private:
  Task<Result<Done>> renew() {
    const auto sent = Term::Instant::clock::now();
    auto renewed = co_await apply::renew_within(client_, *held_, term_.pace());
    if (renewed) term_.renewed(sent);
    co_return renewed;
  }

  Task<Result<Done>> take() {
    const auto sent = Term::Instant::clock::now();
    auto tried = co_await apply::try_lease(client_, name_space_, claim_, sighting_);
    if (!tried) co_return Failure{tried.error()};
    if (tried->mine) {
      held_ = std::move(*tried->mine);
      offset_ = held_->clock_offset;
      term_.renewed(sent);
      co_return Done{};
    }
    if (tried->held_already) {
      // A renewal was carried out whose answer we never saw.
      held_ = apply::HeldLease{.lease = std::move(tried->lease), .clock_offset = offset_};
      auto renewed = co_await renew();
      co_return renewed;
    }
    term_.end();
    Error taken{.code = Code::conflict,
                .message = fmt::format("{} decides since {}", tried->holder.who, tried->holder.since),
                .cluster = client_.cluster()};
    co_return Failure{std::move(taken)};
  }

  kube::Client& client_;
  std::string name_space_;
  apply::Claim claim_;
  Term term_;
  apply::Sighting sighting_;
  std::optional<apply::HeldLease> held_;
  time::Duration offset_{0};
};

class LockCandidacy : public Candidacy {
 public:
  explicit LockCandidacy(std::function<Result<std::unique_ptr<Hold>>()> take) : take_(std::move(take)) {}

  Task<Result<Done>> ask() override {
    if (hold_) co_return Done{};
    auto taken = take_();
    if (!taken) co_return Failure{taken.error()};
    hold_ = std::move(*taken);
    co_return Done{};
  }
  bool is_ours() const override { return hold_ != nullptr; }
  time::Duration pace() const override { return between_locks; }
  Task<Done> give_back() override {
    hold_.reset();
    co_return Done{};
  }

 private:
  std::function<Result<std::unique_ptr<Hold>>()> take_;
  std::unique_ptr<Hold> hold_;
};

}  // namespace

std::unique_ptr<Candidacy> make_lease_candidacy(kube::Client& client, std::string name_space, apply::Claim claim) {
  return std::make_unique<LeaseCandidacy>(client, std::move(name_space), std::move(claim));
}

std::unique_ptr<Candidacy> make_lock_candidacy(std::function<Result<std::unique_ptr<Hold>>()> take) {
  return std::make_unique<LockCandidacy>(std::move(take));
}

}  // namespace fedctl::failover
