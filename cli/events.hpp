#pragma once

#include "apply/apply.hpp"
#include "plan/plan.hpp"

/// `apply -o json`: JSON Lines (one object a line, as things happen), format 1:
///   {"type": "version", "format": 1, "fedctl": VERSION}
///   {"type": "planned", "summary": {create, update, delete, unchanged, conflict, unknown}}
///   {"type": TYPE, "time", "cluster", "object": {group, kind, namespace, name}, "action", "message", "total", "awaited"} for each event,
///     TYPE one of begun, applied, failed, waiting, ready, not_ready, rolled_back, ended, wave; what an event has nothing to say of is left
///     out
///   {"type": "result", "kind": "ApplyResult", "clusters": [...]} at the end
namespace fedctl::cli {

void print_events_begin(const plan::Plan& plan);
void print_event(const apply::Event& event);

}  // namespace fedctl::cli
