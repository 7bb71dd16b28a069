#pragma once

#include <string>
#include <string_view>

namespace fedctl::text {

/// What differs between two texts as `diff -u` shows it, with three lines around each difference; "" where nothing does. Of texts that
/// differ in thousands of lines one difference is shown, from the first of them to the last.
std::string unified_diff(std::string_view name, std::string_view before, std::string_view after);

}  // namespace fedctl::text
