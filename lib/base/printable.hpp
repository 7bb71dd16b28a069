#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fedctl::text {

/// Text of others as one line that a terminal can be given: what would steer it (control characters, C1, DEL), reorder it
/// (bidi controls) or break the line is written out as `\n`, `\u001b` or `\u202e`, and what is no UTF-8 as U+FFFD.
std::string printable(std::string_view utf8);

/// The same for a text of several lines: newlines and tabs stay. JSON stays the same JSON.
std::string printable_lines(std::string_view utf8);

/// A printable line, cut in its middle where it takes more than `columns`: "aaaa...(99000 more characters)...zzzz".
std::string shortened(std::string_view utf8, std::size_t columns);

}  // namespace fedctl::text
