#include "cli/failover/written_policy.hpp"

#include "base/encoding.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "control/names.hpp"
#include "failover/needs.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::cli {
namespace {

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

bool reads_standard_input(const SiteFlags& flags) {
  return flags.policy == "-" || std::ranges::find(flags.files, "-") != flags.files.end();
}

/// Of several things that are missing, the first is told, and how many more there are.
std::optional<Error> first_of(std::vector<Error> missing) {
  if (missing.empty()) return std::nullopt;
  if (missing.size() > 1) missing.front().message += fmt::format(" (and {} more like it)", missing.size() - 1);
  return std::move(missing.front());
}

}  // namespace

WrittenPolicy::WrittenPolicy(http::Loop& loop, SiteFlags flags)
    : loop_(loop),
      flags_(std::move(flags)),
      is_in_file_(is_policy_file(flags_.policy)),
      is_readable_again_(!reads_standard_input(flags_) && !is_folder(flags_.policy)) {
  if (is_in_file_ && is_readable_again_) taken_ = print_of_file();
}

std::string WrittenPolicy::print_of_file() {
  std::error_code no_time;
  std::error_code no_size;
  const auto written_at = std::filesystem::last_write_time(flags_.policy, no_time);
  const auto size = std::filesystem::file_size(flags_.policy, no_size);
  const bool is_as_before = !no_time && !no_size && !print_.empty() && written_at == written_at_ && size == size_;
  if (is_as_before) return print_;
  const auto text = file::read(flags_.policy, file::small_and_regular);
  print_ = text ? encoding::sha256(*text) : "unreadable: " + text.error().message;
  written_at_ = written_at;
  size_ = size;
  return print_;
}

Task<std::optional<std::string>> WrittenPolicy::print_in_host() {
  const failover::Policy& policy = in_force_->site.policy;
  const auto live = co_await in_force_->host->client->get(control::failover_policies(), policy.name_space, policy.name);
  if (!live && live.error().code != Code::not_found) co_return std::nullopt;
  std::string print = live ? encoding::sha256(to_text(kube::map_at(*live, "spec"))) : "gone";
  co_return print;
}

Task<bool> WrittenPolicy::has_changed() {
  if (!is_readable_again_) co_return false;
  std::optional<std::string> print;
  if (is_in_file_) {
    print = print_of_file();
  } else {
    print = co_await print_in_host();
  }
  // What a host held when it was read first is what is in force.
  if (print && taken_.empty()) taken_ = encoding::sha256(to_text(in_force_->site.policy.spec));
  if (!print || *print == taken_) {
    pending_.clear();
    co_return false;
  }
  if (*print != pending_) {
    pending_ = *print;
    co_return false;
  }
  taken_ = *print;
  co_return true;
}

Result<failover::Site*> WrittenPolicy::read() {
  auto fresh = open_site(loop_, flags_);
  if (!fresh) return Failure{fresh.error()};
  failover::Site& site = (*fresh)->site;
  const std::string name = in_force_->site.policy.full_name();
  if (site.policy.full_name() != name) {
    return Failure{{.code = Code::invalid_input,
                    .message = fmt::format("it is {} by now, and watch was begun for {}", site.policy.full_name(), name),
                    .place = site.policy.place,
                    .hint = "start watch again for another policy"}};
  }
  if (auto missing = first_of(loop_.run(failover::missing_needs(site)))) return Failure{std::move(*missing)};
  candidate_ = std::move(*fresh);
  return &candidate_->site;
}

}  // namespace fedctl::cli
