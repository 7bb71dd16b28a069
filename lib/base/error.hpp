#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace fedctl {

/// What went wrong, as far as a program may want to tell cases apart. `to_string` gives the spelling used in JSON.
enum class Code {
  usage,             ///< The command line makes no sense.
  not_found,         ///< A file, context or object that was named does not exist.
  invalid_input,     ///< A manifest, fleet file or kubeconfig that cannot be understood.
  invalid_override,  ///< An override that KubeFed would refuse too.
  unknown_kind,      ///< No API serves this kind.
  unreachable,       ///< No connection, or none in time.
  unauthorized,      ///< 401, or credentials that could not be had.
  expired,           ///< A certificate that is no longer (or not yet) valid.
  forbidden,         ///< 403.
  untrusted,         ///< TLS says the server is not who we were told it is.
  not_kubernetes,    ///< Something answered, but not a Kubernetes API server.
  conflict,          ///< Somebody else's object or field, or a version that moved.
  rejected,          ///< The API server refused the object.
  timeout,           ///< Waited for something long enough.
  cancelled,         ///< The user interrupted.
  internal,          ///< Anything else.
};

std::string_view to_string(Code code);

/// An error as a value. One line for a person: "PLACE: MESSAGE; HINT".
struct Error {
  Code code = Code::internal;
  std::string message;       ///< What was found and what was expected, without a final full stop.
  std::string place = {};    ///< "file:line:column" where the cause was written down; may be empty.
  std::string cluster = {};  ///< The cluster it happened in; may be empty.
  std::string object = {};   ///< "deployment.apps production/web"; may be empty.
  std::string hint = {};     ///< What to do next; may be empty.
  bool uncertain = false;    ///< A write was sent, and no answer says that it was refused: all of it or a part may have been done.
};

template <typename T>
using Result = tl::expected<T, Error>;
using Failure = tl::unexpected<Error>;

/// The whole error in one printable line, for a person; what is very long is cut.
std::string describe(const Error& error);

/// Copies with one thing filled in, if it was not yet known.
Error in_cluster(Error error, std::string_view cluster);
Error at_place(Error error, std::string_view place);

}  // namespace fedctl
