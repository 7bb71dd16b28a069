#include "base/json.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/failover/commands.hpp"
#include "cli/failover/print.hpp"
#include "cli/failover/site.hpp"
#include "failover/back.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::cli {
namespace {

using failover::BackPlan;

struct Flags {
  SiteFlags site;
  std::string accept_data_loss;
  bool yes = false;
};

std::string plan_text(const BackPlan& plan) {
  const std::string side = text::printable(plan.to);
  const std::string active = text::printable(plan.from);
  if (plan.rejoin == BackPlan::Rejoin::none_needed) return fmt::format("{} follows {}\n", side, active);
  std::string text = fmt::format("{} does not follow {}: {}\n", side, active, text::printable(plan.why));
  if (plan.diverged) text += fmt::format("  its log has {} bytes that {} never got; rejoining throws them away\n", *plan.diverged, active);
  if (plan.refusal) return text + "  it is left as it is, until somebody accepts that\n";
  if (plan.rejoin == BackPlan::Rejoin::by_setting) return text + fmt::format("  its primary_conninfo is set to {}\n", active);
  if (plan.rejoin == BackPlan::Rejoin::by_program) return text + "  the program 'rejoin' makes its database a standby\n";
  text += "  by hand, for the policy has no program for it:\n";
  for (std::size_t i = 0; i < plan.by_hand.size(); ++i) text += fmt::format("    {}. {}\n", i + 1, text::printable(plan.by_hand[i]));
  return text;
}

std::string_view word_of(BackPlan::Rejoin rejoin) {
  switch (rejoin) {
    case BackPlan::Rejoin::none_needed: return "none";
    case BackPlan::Rejoin::by_setting: return to_string(failover::StepKind::follow);
    case BackPlan::Rejoin::by_program: return to_string(failover::StepKind::rejoin);
    case BackPlan::Rejoin::by_hand: break;
  }
  return "by-hand";
}

nlohmann::json to_document(const BackPlan& plan) {
  nlohmann::json document{{"cluster", plan.to}, {"active", plan.from}, {"repair", word_of(plan.rejoin)}};
  if (!plan.why.empty()) document["why"] = plan.why;
  if (plan.diverged) document["divergedBytes"] = *plan.diverged;
  if (plan.rejoin == BackPlan::Rejoin::by_hand) document["byHand"] = plan.by_hand;
  if (plan.refusal) document["refused"] = plan.refusal->message;
  return document;
}

/// What the last run left undone, such as a DNS record whose provider did not answer. The exit code where it stays so.
std::optional<int> settle(failover::Site& site, const SiteFlags& flags, failover::Engine::Settled what) {
  failover::Engine engine{site, {}, step_printer(flags)};
  const auto settled = engine.settle(what);
  if (settled || settled.error().code == Code::not_found) return std::nullopt;
  return report_refusal(settled.error());
}

/// Is there something to do by hand for a standby that this run waits for? The side that it left is none of these.
bool leaves_standby(const std::vector<BackPlan>& plans, const failover::Run& owing) {
  const auto is_left = [](const BackPlan& plan) { return plan.rejoin == BackPlan::Rejoin::by_hand || plan.refusal; };
  return std::ranges::any_of(plans, [&](const BackPlan& plan) { return is_left(plan) && plan.to != owing.from; });
}

/// The exit code where a side was refused.
std::optional<int> say_refusals(const std::vector<BackPlan>& plans) {
  std::optional<int> code;
  for (const BackPlan& plan : plans) {
    if (plan.refusal) code = report_refusal(*plan.refusal);
  }
  return code;
}

void show(const std::vector<BackPlan>& plans, const SiteFlags& flags) {
  for (const BackPlan& plan : plans) print(is_json(flags) ? fedctl::to_text(to_document(plan)) + "\n" : plan_text(plan));
  flush_output();
}

int run_repair(const Flags& flags) {
  const auto accepted = bytes_of(flags.accept_data_loss);
  if (!accepted) return report(accepted.error());
  http::Loop loop{log_for(flags.site.output)};
  auto open = open_site(loop, flags.site);
  if (!open) return report(open.error());
  failover::Site& site = (*open)->site;
  const auto plans = failover::plan_repair(site, {.accept_data_loss = *accepted});
  if (!plans) return report_refusal(plans.error());
  show(*plans, flags.site);
  const std::optional<int> is_refused = say_refusals(*plans);
  const bool leaves_some = is_refused || std::ranges::count(*plans, BackPlan::Rejoin::by_hand, &BackPlan::rejoin) > 0;
  const int when_done = leaves_some ? static_cast<int>(exit_refused) : static_cast<int>(exit_done);
  const auto state = loop.run(site.store->load());
  const failover::Run* owing = state ? state->owing() : nullptr;
  const bool owes = owing != nullptr;
  if (owes && !is_json(flags.site)) print_line(text::printable("the last run owes: " + text::join(owing->owed(), ", ")));
  const bool has_work = std::ranges::any_of(*plans, &BackPlan::can_rejoin);
  if (!has_work && !owes) return when_done;
  if (const auto refused = ask_first(flags.yes, [] { return std::nullopt; })) return *refused;
  loop.interrupt_on_signals();
  using Settled = failover::Engine::Settled;
  std::optional<int> unsettled = owes ? settle(site, flags.site, Settled::without_standbys) : std::nullopt;
  std::optional<int> failed;
  // One that cannot be repaired keeps none of the others from it.
  for (const BackPlan& plan : *plans) {
    if (!plan.can_rejoin() || loop.interrupted()) continue;
    const auto rejoined = failover::rejoin_side(site, plan, {.accept_data_loss = *accepted}, step_printer(flags.site));
    if (!rejoined) failed = report_refusal(rejoined.error());
  }
  const bool can_settle = owes && !loop.interrupted() && !failed && !leaves_standby(*plans, *owing);
  if (can_settle) unsettled = settle(site, flags.site, Settled::all);
  return failed ? *failed : unsettled.value_or(when_done);
}

}  // namespace

void add_failover_repair(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Makes every database that does not follow the active one its standby again, and moves nothing: a standby that still receives "
      "from another server has its primary_conninfo set, and an old primary is made a standby by the side's rejoin program. Without a "
      "program it prints what to do by hand. A side follows once it replays what the active one writes. Run it after a failover: until "
      "then there is nothing to fail over to. Steps that the last run owes are tried again first; synchronous replication once more when "
      "all follow.\n\n"
      "Where a side has log that the active one never got, and the failover could not tell how much, rejoining it is refused until "
      "--accept-data-loss says that it may be thrown away.\n\n"
      "Exits with 0 when all follow, 1 on an error, 4 when refused or when there is something to do by hand, 130 when interrupted.",
      {{"After a failover", "fedctl failover repair failover-policy.yaml --host-cluster-context host-cluster"}}};
  CLI::App* command = add_command(program, "failover repair", "Make all databases standbys of the active one again", std::move(text),
                                  [flags] { return finish(run_repair(*flags), flags->site.output); });
  command
      ->add_option("--accept-data-loss", flags->accept_data_loss,
                   "Throw away at most this many bytes of log that only that side has, or 'unknown'")
      ->type_name("BYTES");
  command->add_flag("--yes", flags->yes, "Do not ask");
  add_policy(program, *command, flags->site);
  add_site_flags(program, *command, flags->site, {"text", "json"});
}

}  // namespace fedctl::cli
