#include "cli/events.hpp"

#include "base/json.hpp"
#include "base/time.hpp"
#include "cli/common.hpp"
#include "plan/document.hpp"

#include <chrono>
#include <cstdio>

namespace fedctl::cli {
namespace {

using apply::Event;
using nlohmann::json;

constexpr int format = 1;

void print_document(const json& line) {
  print(fedctl::to_text(line) + "\n");
  flush_output();
}

bool acts(Event::Type type) { return type == Event::Type::applied || type == Event::Type::failed; }

}  // namespace

void print_events_begin(const plan::Plan& plan) {
  print_document({{"type", "version"}, {"format", format}, {"fedctl", FEDCTL_VERSION}});
  print_document({{"type", "planned"}, {"summary", plan::to_document(plan)["summary"]}});
}

void print_event(const Event& event) {
  json line{{"type", to_string(event.type)}, {"time", time::format_instant(std::chrono::system_clock::now())}};
  if (!event.cluster.empty()) line["cluster"] = event.cluster;
  if (!event.key.kind.empty()) {
    line["object"] = {{"group", event.key.group}, {"kind", event.key.kind}, {"name", event.key.name}};
    if (!event.key.name_space.empty()) line["object"]["namespace"] = event.key.name_space;
  }
  if (acts(event.type)) line["action"] = to_string(event.action);
  if (!event.message.empty()) line["message"] = event.message;
  if (event.type == Event::Type::begun || event.type == Event::Type::wave) line["total"] = event.total;
  if (event.type == Event::Type::begun) line["awaited"] = event.awaited;
  print_document(line);
}

}  // namespace fedctl::cli
