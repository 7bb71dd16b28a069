#include "plan/guard.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <charconv>
#include <vector>

namespace fedctl::plan {
namespace {

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc{} && end == text.data() + text.size() && !text.empty() ? std::optional{value} : std::nullopt;
}

std::optional<std::string> too_many_in(const ClusterPlan& cluster, const DeleteLimit& limit) {
  const Summary summary = summary_of(cluster);
  const std::size_t there = summary.remove + summary.update + summary.unchanged;
  const bool over_count = !limit.objects || summary.remove > *limit.objects;
  const bool over_share = !limit.percent || summary.remove * 100 > *limit.percent * there;
  if (summary.remove == 0 || !over_count || !over_share) return std::nullopt;
  return fmt::format("{} of {} in {} ({} %)", summary.remove, text::count(there, "object"), cluster.name, summary.remove * 100 / there);
}

}  // namespace

Result<DeleteLimit> parse_delete_limit(std::string_view text) {
  DeleteLimit limit{std::nullopt, std::nullopt};
  for (const std::string& part : text::split(text, ',')) {
    const std::string word = text::trim(part);
    const bool is_share = word.ends_with('%');
    const auto value = number(is_share ? std::string_view{word}.substr(0, word.size() - 1) : std::string_view{word});
    auto& target = is_share ? limit.percent : limit.objects;
    if (!value || target || (is_share && *value > 100)) {
      return Failure{
          {.code = Code::usage, .message = fmt::format("--max-deletes: '{}' is no limit", text), .hint = "as in 10, 20% or 10,20%"}};
    }
    target = value;
  }
  return limit;
}

std::optional<std::string> too_many_deletes(const Plan& plan, const DeleteLimit& limit) {
  std::vector<std::string> where;
  if (plan.host) {
    if (auto found = too_many_in(*plan.host, limit)) where.push_back(*found);
  }
  for (const ClusterPlan& cluster : plan.clusters) {
    if (auto found = too_many_in(cluster, limit)) where.push_back(*found);
  }
  if (where.empty()) return std::nullopt;
  return text::join(where, ", ");
}

}  // namespace fedctl::plan
