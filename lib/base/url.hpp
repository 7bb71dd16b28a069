#pragma once

#include <string>
#include <string_view>

namespace fedctl::url {

/// Does it begin with http:// or https://?
bool is_http(std::string_view url);

/// The URL as it may be shown: "https://user:(hidden)@host/path" where it holds a password.
std::string without_password(std::string_view url);

/// A text of others, such as an error, in which each URL is so shown.
std::string without_passwords(std::string_view text);

/// Its beginning, up to the path: "https://host:8443". What follows is a secret in the URLs of webhooks.
std::string origin_of(std::string_view url);

/// The rest: "/path?query"; "" where there is none.
std::string path_of(std::string_view url);

}  // namespace fedctl::url
