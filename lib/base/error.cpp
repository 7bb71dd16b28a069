#include "base/error.hpp"

#include "base/printable.hpp"

#include <fmt/format.h>

namespace fedctl {

std::string_view to_string(Code code) {
  switch (code) {
    case Code::usage: return "usage";
    case Code::not_found: return "notFound";
    case Code::invalid_input: return "invalidInput";
    case Code::invalid_override: return "invalidOverride";
    case Code::unknown_kind: return "unknownKind";
    case Code::unreachable: return "unreachable";
    case Code::unauthorized: return "unauthorized";
    case Code::expired: return "expired";
    case Code::forbidden: return "forbidden";
    case Code::untrusted: return "untrusted";
    case Code::not_kubernetes: return "notKubernetes";
    case Code::conflict: return "conflict";
    case Code::rejected: return "rejected";
    case Code::timeout: return "timeout";
    case Code::cancelled: return "cancelled";
    case Code::internal: break;
  }
  return "internal";
}

std::string describe(const Error& error) {
  constexpr std::size_t longest_name = 500;
  constexpr std::size_t longest_message = 4000;
  std::string line;
  if (!error.place.empty()) line += text::shortened(error.place, longest_name) + ": ";
  if (!error.cluster.empty()) line += "cluster " + text::shortened(error.cluster, longest_name) + ": ";
  if (!error.object.empty()) line += text::shortened(error.object, longest_name) + ": ";
  line += text::shortened(error.message, longest_message);
  if (!error.hint.empty()) line += "; " + text::shortened(error.hint, longest_message);
  return line;
}

Error in_cluster(Error error, std::string_view cluster) {
  if (error.cluster.empty()) error.cluster = cluster;
  return error;
}

Error at_place(Error error, std::string_view place) {
  if (error.place.empty()) error.place = place;
  return error;
}

}  // namespace fedctl
