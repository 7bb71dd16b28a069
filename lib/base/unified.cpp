#include "base/unified.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace fedctl::text {
namespace {

constexpr std::size_t around = 3;
constexpr std::size_t most_compared = 4'000'000;  // Pairs of lines.

using Lines = std::vector<std::string>;

/// A line of both texts, of the old one ('-') or of the new one ('+').
struct Step {
  char sign;
  const std::string* line;
};

/// Each line with its end, so that a last one without differs.
Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::size_t length = end == std::string_view::npos ? text.size() : end + 1;
    lines.emplace_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return lines;
}

/// The steps from one middle to the other, by their longest common subsequence.
void compare(const Lines& before, const Lines& after, std::size_t begin, std::size_t old_end, std::size_t new_end,
             std::vector<Step>& steps) {
  const std::size_t rows = old_end - begin;
  const std::size_t columns = new_end - begin;
  const bool is_small = rows * columns <= most_compared;
  std::vector<std::uint32_t> common(is_small ? (rows + 1) * (columns + 1) : 0);
  const auto at = [&](std::size_t row, std::size_t column) -> std::uint32_t& { return common[row * (columns + 1) + column]; };
  for (std::size_t row = is_small ? rows : 0; row-- > 0;) {
    for (std::size_t column = columns; column-- > 0;) {
      const bool same = before[begin + row] == after[begin + column];
      at(row, column) = same ? at(row + 1, column + 1) + 1 : std::max(at(row + 1, column), at(row, column + 1));
    }
  }
  std::size_t row = 0;
  std::size_t column = 0;
  while (row < rows || column < columns) {
    const bool same = is_small && row < rows && column < columns && before[begin + row] == after[begin + column];
    const bool takes_old = column == columns || (row < rows && (!is_small || at(row + 1, column) >= at(row, column + 1)));
    if (same) {
      steps.push_back({' ', &before[begin + row]});
      ++row;
      ++column;
    } else if (takes_old) {
      steps.push_back({'-', &before[begin + row++]});
    } else {
      steps.push_back({'+', &after[begin + column++]});
    }
  }
}

std::vector<Step> steps_between(const Lines& before, const Lines& after) {
  std::vector<Step> steps;
  const std::size_t shorter = std::min(before.size(), after.size());
  std::size_t begin = 0;
  while (begin < shorter && before[begin] == after[begin]) steps.push_back({' ', &before[begin++]});
  std::size_t tail = 0;
  while (tail < shorter - begin && before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) ++tail;
  compare(before, after, begin, before.size() - tail, after.size() - tail, steps);
  for (std::size_t i = before.size() - tail; i < before.size(); ++i) steps.push_back({' ', &before[i]});
  return steps;
}

/// "3,7": where a part begins, from 1, and how many lines it has.
std::string range(std::size_t first, std::size_t count) {
  if (count == 1) return std::to_string(first + 1);
  return fmt::format("{},{}", count == 0 ? first : first + 1, count);
}

}  // namespace

std::string unified_diff(std::string_view name, std::string_view before, std::string_view after) {
  if (before == after) return {};
  const Lines old_lines = lines_of(before);
  const Lines new_lines = lines_of(after);
  const std::vector<Step> steps = steps_between(old_lines, new_lines);
  std::string result = fmt::format("--- {}\n+++ {}\n", name, name);
  const auto differs = [](const Step& step) { return step.sign != ' '; };
  std::size_t old_line = 0;
  std::size_t new_line = 0;
  for (std::size_t i = 0; i < steps.size();) {
    const auto next =
        static_cast<std::size_t>(std::find_if(steps.begin() + static_cast<std::ptrdiff_t>(i), steps.end(), differs) - steps.begin());
    if (next == steps.size()) break;
    const std::size_t begin = next - std::min(next - i, around);
    std::size_t end = next;
    for (std::size_t j = next; j < steps.size() && j <= end + 2 * around; ++j) {
      if (differs(steps[j])) end = j;
    }
    end = std::min(end + around + 1, steps.size());
    old_line += begin - i;
    new_line += begin - i;
    std::string hunk;
    std::size_t old_count = 0;
    std::size_t new_count = 0;
    for (std::size_t j = begin; j < end; ++j) {
      if (steps[j].sign != '+') ++old_count;
      if (steps[j].sign != '-') ++new_count;
      hunk += steps[j].sign + *steps[j].line;
      if (!hunk.ends_with('\n')) hunk += "\n\\ No newline at end of file\n";
    }
    result += fmt::format("@@ -{} +{} @@\n", range(old_line, old_count), range(new_line, new_count)) + hunk;
    old_line += old_count;
    new_line += new_count;
    i = end;
  }
  return result;
}

}  // namespace fedctl::text
