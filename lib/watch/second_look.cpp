#include "watch/second_look.hpp"

#include "failover/checks.hpp"
#include "failover/survey.hpp"
#include "failover/take_survey.hpp"
#include "watch/hold_back.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstddef>

namespace fedctl::watch {
namespace {

std::optional<std::string> outvoted(const std::vector<failover::View>& views, const std::string& active) {
  // We are one of those who look, and see it down.
  const auto down = 1 + std::ranges::count(views, failover::View::down);
  const auto all = 1 + static_cast<std::ptrdiff_t>(views.size());
  if (down * 2 > all) return std::nullopt;
  return fmt::format("{} of {} vantages see {} down, and {} see it up", down, all, active, std::ranges::count(views, failover::View::up));
}

}  // namespace

Task<std::optional<std::string>> second_look(failover::Site& site, failover::Health health, SecondLook look) {
  std::vector<Task<failover::View>> asked;
  for (const failover::Vantage& vantage : health.vantages)
    asked.push_back(failover::ask_vantage(site, vantage, look.active, look.patience));
  failover::SurveyOptions options{.timeout = look.patience, .dns = false};
  const failover::Survey survey = co_await failover::survey(site, options);
  const auto views = co_await when_all(std::move(asked));
  if (look.is_proven) {
    if (auto heard = still_heard_by(survey)) co_return heard;
  }
  if (survey.is_isolated()) {
    co_return fmt::format("only {} of {} clusters can be reached from here, so it is us who are cut off", survey.reachable,
                          survey.clusters);
  }
  auto reason = outvoted(views, look.active);
  co_return reason;
}

}  // namespace fedctl::watch
