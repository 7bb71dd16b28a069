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

/// "a, b, c", or the first twenty of them "and 980 more".
std::string listed(std::span<const std::string> names);
std::string trim(std::string_view text);
std::string lower(std::string_view text);

/// "1 cluster", "2 clusters".
std::string count(std::size_t number, std::string_view noun);

/// Puts `to` in the place of each `from`, which is not empty.
void replace_all(std::string& text, std::string_view from, std::string_view to);

/// "512 B", "1.5 KiB", "20 MiB".
std::string bytes(std::uint64_t number);

/// The candidate that a mistyped `word` most likely means (few edits away), if there is one.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

/// ", did you mean 'x'?" or nothing: to end an error message with.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

/// How many terminal columns UTF-8 text takes; East Asian wide characters count two.
std::size_t width(std::string_view utf8);

}  // namespace fedctl::text
