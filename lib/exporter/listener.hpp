#pragma once

#include "base/descriptor.hpp"
#include "base/error.hpp"

#include <string>

namespace fedctl::exporter {

/// A socket that listens, and on which port.
struct Listener {
  Descriptor socket;
  int port = 0;
};

/// Listens on "HOST:PORT", or on every IPv4 address for ":PORT". Errors: usage for what is no address; rejected with the system's words.
Result<Listener> open_listener(const std::string& address);

}  // namespace fedctl::exporter
