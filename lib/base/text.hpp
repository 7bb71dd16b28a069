#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fedctl::text {

std::vector<std::string> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);
std::string trim(std::string_view text);
std::string lower(std::string_view text);

/// "1 cluster", "2 clusters".
std::string count(std::size_t number, std::string_view noun);

/// "512 B", "1.5 KiB", "20 MiB".
std::string bytes(std::uint64_t number);

/// The candidate that a mistyped `word` most likely means (few edits away), if there is one.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

/// ", did you mean 'x'?" or nothing: to end an error message with.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

/// How many terminal columns UTF-8 text takes; East Asian wide characters count two.
std::size_t width(std::string_view utf8);

}  // namespace fedctl::text
