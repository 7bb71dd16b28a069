#pragma once

#include "kube/client.hpp"

namespace fedctl::kube {

/// What a server says of a Secret that it did not let us read: what stands between quotation marks is hidden, but for the words of who
/// judges rights and sees no values. The error of any other type stays as it is.
Error without_values(Error error, const Resource& resource);

/// What a server says of a write that it refused (`error`), without values of a Secret: neither those of what was `sent`, nor those that
/// are there, which are read for it. Where they cannot be read, quoted words are hidden as above.
Task<Error> without_values(Client& client, Error error, Resource resource, std::string name_space, std::string name, nlohmann::json sent);

}  // namespace fedctl::kube
