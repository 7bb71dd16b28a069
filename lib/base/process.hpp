#pragma once

#include <string>
#include <string_view>

/// This process, and others of this machine.
namespace fedctl::process {

/// "alice@laptop": who runs it, and where.
std::string user_at_machine();

/// "alice@laptop/4711": this process, wherever processes of several machines meet.
std::string identity();

/// What tells this process from every other that ever was: the machine's boot, the namespace of process ids, the id and the moment it
/// began. Empty where the system does not tell (anything but Linux).
std::string mark();

/// Is it this very process?
bool is_this(std::string_view mark);

/// Is the process with this mark gone for certain? Of a process of another machine or container nothing is certain.
bool is_gone(std::string_view mark);

}  // namespace fedctl::process
