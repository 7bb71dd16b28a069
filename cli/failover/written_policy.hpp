#pragma once

#include "cli/failover/site.hpp"
#include "watch/policy_source.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace fedctl::cli {

/// The policy of a running watch: in its file, or in the host that holds it. Standard input can be read once only, so what came from there
/// does not change.
class WrittenPolicy : public watch::PolicySource {
 public:
  /// Made before the policy is read for the first time, which `take` then gives it.
  WrittenPolicy(http::Loop& loop, SiteFlags flags);

  /// What is in force.
  void take(std::unique_ptr<OpenSite> open) { in_force_ = std::move(open); }
  OpenSite& in_force() const { return *in_force_; }

  Task<bool> has_changed() override;
  Result<failover::Site*> read() override;
  void keep() override { in_force_ = std::move(candidate_); }

 private:
  /// What tells one text of the policy from another; nothing where it cannot be looked at now.
  std::string print_of_file();
  Task<std::optional<std::string>> print_in_host();

  http::Loop& loop_;
  SiteFlags flags_;
  bool is_in_file_;
  bool is_readable_again_;
  std::filesystem::file_time_type written_at_{};  ///< When the file was written, and how long it is, when it was last read.
  std::uintmax_t size_ = 0;
  std::string print_;
  std::string taken_;    ///< The print of what was read last, or tried to be.
  std::string pending_;  ///< One that was seen once.
  std::unique_ptr<OpenSite> in_force_;
  std::unique_ptr<OpenSite> candidate_;
};

}  // namespace fedctl::cli
