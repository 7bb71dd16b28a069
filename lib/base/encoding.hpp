#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fedctl::encoding {

/// Base64 (RFC 4648 section 4) with padding, one line.
std::string to_base64(std::string_view bytes);

/// Nothing when `text` is not base64; white space in it is ignored.
std::optional<std::string> from_base64(std::string_view text);

/// SHA-256 in lower-case hexadecimal, 64 characters.
std::string sha256(std::string_view bytes);

/// HMAC (RFC 2104) with SHA-256, spelled the same: a hash that says nothing to who lacks the key.
std::string hmac_sha256(std::string_view key, std::string_view bytes);

/// So many random bytes, as hexadecimal digits. From the system's source of secrets.
std::string random_hex(std::size_t bytes);

/// Is this valid UTF-8, which JSON requires?
bool is_utf8(std::string_view bytes);

}  // namespace fedctl::encoding
