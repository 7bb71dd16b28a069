#include "watch/hearing.hpp"

#include <algorithm>
#include <cstddef>

namespace fedctl::watch {
namespace {

/// A stream's word that is younger says that the primary lives; one that is older may mean something.
constexpr time::Duration fresh{3'000};
/// A receiver that heard nothing for half of wal_receiver_timeout asks, and is answered.
constexpr time::Duration longest_silence{33'000};
constexpr int margin = 3;
constexpr std::size_t least_looks = 5;
constexpr std::size_t kept_looks = 60;

}  // namespace

void Hearing::note(const std::optional<data::Standing>& standing, bool is_primary_well, Asked asked) {
  last_ = standing;
  if (!standing || !standing->in_recovery) return;
  if (replayed_ != standing->replayed) still_since_ = asked.answered;
  replayed_ = standing->replayed;
  still_until_ = asked.begun;
  if (standing->streams) deaf_looks_ = 0;
  if (!is_primary_well) return;
  if (!standing->streams) ++deaf_looks_;
  if (!standing->streams || !standing->upstream_age) return;
  silences_.push_back(*standing->upstream_age);
  if (silences_.size() > kept_looks) silences_.pop_front();
}

time::Duration Hearing::allowance() const {
  // The silence that lasts now may have begun while the primary still counted as well, so it says nothing of what is usual.
  std::size_t usual = silences_.size();
  if (last_ && last_->upstream_age && usual > 0 && *last_->upstream_age > silences_.back()) {
    --usual;
    while (usual > 0 && silences_[usual - 1] < silences_[usual]) --usual;
  }
  if (usual < least_looks) return longest_silence;
  const auto end = silences_.begin() + static_cast<std::ptrdiff_t>(usual);
  return std::clamp(*std::max_element(silences_.begin(), end) * margin, fresh, longest_silence);
}

time::Duration Hearing::still() const {
  const auto length = std::chrono::duration_cast<time::Duration>(still_until_ - still_since_);
  return replayed_ ? std::max(length, time::Duration{0}) : time::Duration{0};
}

failover::View Hearing::view() const {
  if (!last_ || !last_->in_recovery) return failover::View::unknown;
  if (!last_->streams) return deaf_looks_ < kept_looks ? failover::View::down : failover::View::unknown;
  if (!last_->upstream_age) return failover::View::unknown;
  if (*last_->upstream_age < fresh) return failover::View::up;
  return *last_->upstream_age > allowance() ? failover::View::down : failover::View::unknown;
}

}  // namespace fedctl::watch
