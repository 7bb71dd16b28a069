#pragma once

#include "exporter/server.hpp"

#include <memory>
#include <string>

namespace fedctl::cli {

/// What --listen asks for, and says on which port; null where it was not given. Errors: as Server::listen.
Result<std::unique_ptr<exporter::Server>> listen_at(const std::string& address, const exporter::Metrics& metrics,
                                                    exporter::Answers answers);

}  // namespace fedctl::cli
