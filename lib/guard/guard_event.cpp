#include "guard/guard.hpp"

namespace fedctl::guard {

std::string_view to_string(GuardEvent::Type type) {
  switch (type) {
    case GuardEvent::Type::guarding: return "guarding";
    case GuardEvent::Type::renewed: return "renewed";
    case GuardEvent::Type::lost: return "lost";
    case GuardEvent::Type::fenced: return "fenced";
    case GuardEvent::Type::freezing: return "freezing";
    case GuardEvent::Type::frozen: return "frozen";
    case GuardEvent::Type::thawed: return "thawed";
    case GuardEvent::Type::failsafe: return "failsafe";
    case GuardEvent::Type::synchronous: return "synchronous";
    case GuardEvent::Type::problem: return "problem";
    case GuardEvent::Type::ended: break;
  }
  return "ended";
}

}  // namespace fedctl::guard
