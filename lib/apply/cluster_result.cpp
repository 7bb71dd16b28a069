#include "apply/apply.hpp"

namespace fedctl::apply {

using Outcome = ClusterResult::Outcome;

bool is_failing(const ClusterResult& result) {
  return result.outcome != Outcome::done && result.outcome != Outcome::held && result.outcome != Outcome::interrupted;
}

bool left_something(const ClusterResult& result) {
  if (result.outcome == Outcome::rolled_back) return false;
  return result.created + result.updated + result.deleted + result.deleting + result.uncertain > 0 || result.waited_for > result.ready;
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::done: return "done";
    case Outcome::partial: return "partial";
    case Outcome::untouched: return "untouched";
    case Outcome::failed: return "failed";
    case Outcome::rolled_back: return "rolled back";
    case Outcome::held: return "held";
    case Outcome::interrupted: break;
  }
  return "interrupted";
}

std::string_view to_string(Event::Type type) {
  switch (type) {
    case Event::Type::begun: return "begun";
    case Event::Type::applied: return "applied";
    case Event::Type::failed: return "failed";
    case Event::Type::waiting: return "waiting";
    case Event::Type::ready: return "ready";
    case Event::Type::not_ready: return "not_ready";
    case Event::Type::rolled_back: return "rolled_back";
    case Event::Type::ended: return "ended";
    case Event::Type::wave: break;
  }
  return "wave";
}

}  // namespace fedctl::apply
