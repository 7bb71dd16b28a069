#include "cli/failover/listen.hpp"

#include "cli/common.hpp"

#include <fmt/format.h>

namespace fedctl::cli {

Result<std::unique_ptr<exporter::Server>> listen_at(const std::string& address, const exporter::Metrics& metrics,
                                                    exporter::Answers answers) {
  if (address.empty()) return nullptr;
  auto server = exporter::Server::listen(address, metrics, std::move(answers));
  if (server) say_line(fmt::format("listening on port {}", (*server)->port()));
  return server;
}

}  // namespace fedctl::cli
