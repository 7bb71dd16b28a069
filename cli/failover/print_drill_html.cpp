#include "cli/failover/print_drill.hpp"
#include "cli/html.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::cli {
namespace {

using drill::Leg;
using drill::Report;

constexpr const char* style = R"(
.kept { background: #2da44e33; } .broken { background: #cf222e66; }
svg { display: block; margin: .6rem 0; max-width: 100%; } svg text { font-size: 12px; fill: currentColor; }
.bar { fill: #0969da; } .wait { fill: #8888; } .yes { stroke: #2da44e; } .no { stroke: #cf222e; } .axis { stroke: var(--line); }
)";

constexpr double left = 150;
constexpr double right = 70;
constexpr double width = 1100;
constexpr double row_height = 22;

double seconds_between(time::Instant from, time::Instant to) { return std::chrono::duration<double>(to - from).count(); }

/// A leg's time, from its first moment to its last, mapped to columns.
class Scale {
 public:
  explicit Scale(const Leg& leg) {
    from_ = failover::parse_timestamp(leg.run.began_at).value_or(time::Instant{});
    auto to = failover::parse_timestamp(leg.run.ended_at).value_or(from_);
    if (!leg.writes.empty()) {
      from_ = std::min(from_, leg.writes.front().sent);
      to = std::max(to, leg.writes.back().answered);
    }
    length_ = std::max(0.001, seconds_between(from_, to));
  }
  double x(time::Instant at) const { return left + std::clamp(seconds_between(from_, at) / length_, 0.0, 1.0) * (width - left - right); }
  double length() const { return length_; }
  time::Instant at(double seconds) const {
    return from_ + std::chrono::duration_cast<time::Instant::duration>(std::chrono::duration<double>(seconds));
  }

 private:
  time::Instant from_{};
  double length_ = 1;
};

std::string number(double value) { return fmt::format("{:.1f}", value); }

void add_label(pugi::xml_node svg, double x, double y, const std::string& text) {
  set(add(svg, "text", text), {{"x", number(x)}, {"y", number(y)}});
}

void add_line(pugi::xml_node svg, double x, double from, double to, const char* css) {
  set(add(svg, "line", "", css), {{"x1", number(x)}, {"x2", number(x)}, {"y1", number(from)}, {"y2", number(to)}});
}

void add_steps(pugi::xml_node svg, const Leg& leg, const Scale& scale, double& y) {
  for (const failover::StepRecord& step : leg.run.steps) {
    const auto from = failover::parse_timestamp(step.begun_at);
    const auto to = failover::parse_timestamp(step.ended_at);
    if (!from || !to) continue;
    add_label(svg, 0, y + 15, step.name);
    const double begin = scale.x(*from);
    const double end = scale.x(*to);
    set(add(svg, "rect", "", "bar"),
        {{"x", number(begin)}, {"y", number(y + 4)}, {"width", number(std::max(2.0, end - begin))}, {"height", "14"}});
    add_label(svg, end + 5, y + 15, time::format_duration(std::chrono::duration_cast<time::Duration>(*to - *from)));
    y += row_height;
  }
}

void add_writes(pugi::xml_node svg, const Leg& leg, const Scale& scale, double& y) {
  for (const std::string& side : {leg.run.from, leg.run.to}) {
    add_label(svg, 0, y + 15, "writes: " + side);
    for (const drill::Write& write : leg.writes) {
      if (write.side == side) add_line(svg, scale.x(write.answered), y + 4, y + 18, write.accepted ? "yes" : "no");
    }
    y += row_height;
  }
}

void add_axis(pugi::xml_node svg, const Scale& scale, double y) {
  const double step = scale.length() > 60 ? 10 : scale.length() > 15 ? 5 : 1;
  for (double second = 0; second <= scale.length(); second += step) {
    const double x = scale.x(scale.at(second));
    add_line(svg, x, 0, y, "axis");
    add_label(svg, x + 3, y + 14, fmt::format("{:.0f} s", second));
  }
}

void add_leg(pugi::xml_node body, const Leg& leg) {
  add(body, "h2", fmt::format("{} → {}, token {}", leg.run.from, leg.run.to, leg.run.token));
  if (leg.gap) {
    const drill::WriteGap& gap = *leg.gap;
    std::string text = fmt::format("Writes: {} tried, {} acknowledged, {} lost", gap.tried, gap.accepted, gap.lost);
    if (gap.last_before && gap.first_after) text += fmt::format("; none for {}", time::format_duration(gap.longest));
    add(body, "p", text + ".");
    if (gap.had_two_writers) add(body, "p", "Both sides took writes at once.", "broken");
  }
  pugi::xml_node svg = add(add(body, "div", "", "scroll"), "svg");
  const Scale scale{leg};
  double y = 0;
  add_steps(svg, leg, scale, y);
  if (leg.gap) add_writes(svg, leg, scale, y);
  add_axis(svg, scale, y);
  set(svg, {{"viewBox", fmt::format("0 0 {} {}", width, y + 20)}, {"width", number(width)}, {"role", "img"}});
  for (const std::string& overridden : leg.run.overridden) add(body, "p", "overridden: " + overridden, "note");
}

void add_promise(pugi::xml_node table, const std::string& what, const std::string& promised, const std::string& measured,
                 std::optional<bool> kept) {
  pugi::xml_node row = add(table, "tr");
  add(row, "td", what);
  add(row, "td", promised);
  add(row, "td", measured);
  add(row, "td", !kept ? "-" : *kept ? "kept" : "not kept", !kept ? nullptr : *kept ? "kept" : "broken");
}

void add_promises(pugi::xml_node body, const Report& report) {
  pugi::xml_node table = add(body, "table");
  pugi::xml_node head = add(table, "tr");
  for (const char* heading : {"", "promised", "measured", ""}) add(head, "th", heading);
  const auto rto = report.rto();
  add_promise(table, "RTO: from the beginning to the proof", report.promised_rto ? time::format_duration(*report.promised_rto) : "-",
              rto ? time::format_duration(*rto) : "not measured", report.kept_rto());
  if (const auto gap = report.longest_gap())
    add_promise(table, "The longest time without a write", "-", time::format_duration(*gap), std::nullopt);
  std::string rpo = "-";
  if (report.promised_rpo) rpo = time::format_duration(*report.promised_rpo);
  if (report.promised_rpo_bytes) rpo = fmt::format("{} bytes", *report.promised_rpo_bytes);
  add_promise(table, "RPO: acknowledged writes that are lost", rpo, std::to_string(report.lost()), report.kept_rpo());
  add_promise(table, "Two sides took writes at once", "never", report.had_two_writers() ? "yes" : "no", !report.had_two_writers());
}

}  // namespace

std::string drill_html(const Report& report) {
  HtmlPage page{"fedctl failover drill: " + report.policy, style};
  add(page.body, "h1", fmt::format("{} of {}", report.assessment ? "Simulated drill" : "Drill", report.policy));
  add(page.body, "p",
      fmt::format("{} to {}, by {}, fedctl {}, policy {}", report.began_at, report.ended_at, report.by, report.version, report.policy_hash),
      "note");
  if (report.assessment) {
    pugi::xml_node table = add(page.body, "table");
    for (const failover::PlannedStep& step : report.assessment->steps) {
      pugi::xml_node row = add(table, "tr");
      add(row, "td", step.name);
      const auto took = report.expected.find(step.name);
      add(row, "td", took == report.expected.end() ? "-" : time::format_duration(took->second));
      add(row, "td", step.text);
    }
    for (const failover::Blocker& blocker : report.assessment->blockers)
      add(page.body, "p", "would be refused: " + blocker.message, "broken");
    for (const std::string& warning : report.assessment->warnings) add(page.body, "p", "warning: " + warning, "note");
    return page.text();
  }
  add_promises(page.body, report);
  for (const Leg& leg : report.legs) add_leg(page.body, leg);
  return page.text();
}

}  // namespace fedctl::cli
