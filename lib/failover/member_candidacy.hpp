#pragma once

#include "failover/candidacy.hpp"
#include "failover/member_register.hpp"
#include "failover/term.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace fedctl::failover {

/// Standing for a right that is kept in several clusters. How old what the holder wrote is, is told by our own steady clock from when it
/// was last seen to change; unless `by_sight`, also by the clocks of the clusters that hold it, each by its own alone.
class MemberCandidacy : public Candidacy {
 public:
  struct Claim {
    std::string operation;
    std::chrono::seconds lasts{30};
    std::int64_t least_token = 0;
    bool by_sight = true;
  };

  MemberCandidacy(std::unique_ptr<MemberRegister> kept, Claim claim)
      : kept_(std::move(kept)), claim_(std::move(claim)), term_(claim_.lasts) {}

  Task<Result<Done>> ask() override;
  bool is_ours() const override { return !version_.empty() && term_.is_ours(Term::Instant::clock::now()); }
  time::Duration pace() const override;
  Task<Done> give_back() override;

  /// A number that no holder before had.
  std::int64_t token() const { return token_; }

 private:
  Task<Result<Done>> write(std::string base, std::string holder);
  bool is_free(const MemberRegister::Reading& reading, const nlohmann::json& holder);

  std::unique_ptr<MemberRegister> kept_;
  Claim claim_;
  Term term_;
  std::string version_;  ///< Of what we wrote; empty: it is not ours.
  std::string since_;
  std::int64_t token_ = 0;
  std::string seen_;                         ///< The version that was seen last,
  std::optional<Term::Instant> seen_since_;  ///< and since when.
};

}  // namespace fedctl::failover
