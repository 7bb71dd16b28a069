#include "plan/plan.hpp"

#include "cli/print_plan.hpp"
#include "fuzz.hpp"
#include "plan/document.hpp"
#include "plan/drift.hpp"
#include "plan/saved.hpp"
#include "plan/staleness.hpp"

using namespace fedctl;

/// A saved plan: read, shown, written again, judged by itself.
void fuzz::run(std::string_view input) {
  auto saved = plan::parse_saved(input);
  if (!is_good(saved)) return;
  const auto again = plan::parse_saved(plan::to_text(*saved));
  require(again.has_value(), "a plan that is written is read again", again ? "" : describe(again.error()));
  const nlohmann::json document = plan::to_document(saved->plan, plan::Detail::whole);
  require(plan::to_document(again->plan, plan::Detail::whole) == document, "a plan that is written reads the same");
  static_cast<void>(to_text(plan::to_document(saved->plan)));
  static_cast<void>(plan::needs_source(*saved));
  static_cast<void>(is_good(plan::manifests_of(*saved, {})));
  static_cast<void>(cli::plan_markdown(saved->plan));
  static_cast<void>(cli::plan_html(saved->plan));
  static_cast<void>(cli::plan_junit(saved->plan));
  static_cast<void>(plan::drift_of(saved->plan));
  plan::Plan fresh = saved->plan;
  static_cast<void>(plan::staleness_of(saved->plan, saved->created, fresh));
  plan::keep_agreed(fresh, saved->plan);
}
