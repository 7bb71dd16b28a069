#include "base/user.hpp"

#include <pwd.h>
#include <unistd.h>
#include <array>

namespace fedctl {

std::string user_at_machine() {
  const passwd* entry = ::getpwuid(::getuid());
  const std::string user = entry != nullptr ? entry->pw_name : std::to_string(::getuid());
  std::array<char, 256> machine{};
  return user + "@" + (::gethostname(machine.data(), machine.size() - 1) == 0 ? machine.data() : "unknown");
}

}  // namespace fedctl
