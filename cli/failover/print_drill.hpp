#pragma once

#include "cli/terminal.hpp"
#include "drill/report.hpp"

#include <string>

namespace fedctl::cli {

/// What a drill took, held against what was promised.
std::string drill_text(const drill::Report& report, const Style& style);

/// The same as one page, with a timeline of the steps and of every write of the probe.
std::string drill_html(const drill::Report& report);

}  // namespace fedctl::cli
