#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/common.hpp"
#include "cli/program.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>

namespace fedctl::cli {
namespace {

/// Text as roff takes it: backslashes, hyphens and leading dots escaped.
std::string roff(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else if ((c == '.' || c == '\'') && (result.empty() || result.back() == '\n')) {
      result += fmt::format("\\&{}", c);
    } else {
      result += c;
    }
  }
  return result;
}

std::string option_head(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("\\fB\\-" + roff(name) + "\\fR");
  for (const std::string& name : option.get_lnames()) names.push_back("\\fB\\-\\-" + roff(name) + "\\fR");
  std::string head = text::join(names, ", ");
  if (option.get_expected_min() > 0) head += " \\fI" + roff(option.get_type_name()) + "\\fR";
  return head;
}

std::string options_of(const CLI::App& command) {
  std::map<std::string, std::string> groups;
  for (const CLI::Option* option : command.get_options()) {
    std::string entry = fmt::format(".TP\n{}\n{}", option_head(*option), roff(option->get_description()));
    if (!option->get_default_str().empty()) entry += fmt::format(" (default {})", roff(option->get_default_str()));
    groups[option->get_group()] += entry + ".\n";
  }
  std::string result = ".SH OPTIONS\n";
  for (const auto& [name, entries] : groups) result += fmt::format(".SS {}\n{}", roff(name), entries);
  return result;
}

std::string head(const std::string& page, const std::string& summary) {
  return fmt::format(".TH {} 1 \"\" \"fedctl {}\" \"fedctl manual\"\n.SH NAME\n{} \\- {}\n", roff(text::lower(page)), FEDCTL_VERSION,
                     roff(page), roff(summary));
}

std::string paragraphs(std::string_view text) {
  std::string result;
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = text.find("\n\n");
    result += fmt::format(".PP\n{}\n", roff(text.substr(0, end)));
    if (end != std::string_view::npos) text.remove_prefix(end + 2);
  }
  return result;
}

constexpr const char* exit_codes = R"(.SH EXIT CODES
.TP
0
Done, or nothing to do.
.TP
1
An error, of usage too; nothing was done, or in no cluster.
.TP
2
Changes are pending: only \fBplan \-\-detailed\-exitcode\fR.
.TP
3
Some clusters failed or are unknown; the others are done.
.TP
4
Refused: a conflict, or nobody confirmed.
.TP
130
Interrupted with Ctrl\-C.
.PP
With \fB\-\-no\-exit\-code\fR the codes 2, 3 and 4 become 0.
)";

constexpr const char* environment = R"(.SH ENVIRONMENT
.TP
FEDCTL_FLEET
The Fleet file, where neither \-\-fleet nor \-\-contexts is given.
.TP
KUBECONFIG
kubeconfig files, separated by colons; of two entries with one name the first wins.
.TP
HTTPS_PROXY, NO_PROXY
The proxy for clusters whose kubeconfig names none.
.TP
NO_COLOR
No colours.
.TP
XDG_CACHE_HOME
Discovery answers are kept in fedctl/ below it; default ~/.cache.
)";

std::string page_name(const CLI::App& command) {
  std::string name = "fedctl-" + path_of(command);
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string list_of(const std::vector<const CLI::App*>& commands) {
  std::string list = ".SH COMMANDS\n";
  for (const CLI::App* command : commands)
    list += fmt::format(".TP\n\\fB{}\\fR(1)\n{}.\n", roff(page_name(*command)), roff(command->get_description()));
  return list;
}

std::string command_page(const Program& program, const CLI::App& command) {
  const CommandText& text = program.texts.at(path_of(command));
  const std::vector<const CLI::App*> inner = commands_of(command);
  std::string page = head(page_name(command), command.get_description());
  page += fmt::format(".SH SYNOPSIS\n\\fBfedctl {}\\fR{} [OPTIONS]\n.SH DESCRIPTION\n{}{}", roff(path_of(command)),
                      inner.empty() ? "" : " COMMAND", paragraphs(text.description), inner.empty() ? options_of(command) : list_of(inner));
  page += ".SH EXAMPLES\n";
  for (const auto& [what, line] : text.examples) page += fmt::format(".PP\n{}:\n.PP\n.RS 4\n.nf\n{}\n.fi\n.RE\n", roff(what), roff(line));
  return page + exit_codes + ".SH SEE ALSO\n\\fBfedctl\\fR(1)\n";
}

std::string main_page(const Program& program) {
  std::string page = head("fedctl", "one plan for Kubernetes in many regions");
  page +=
      ".SH SYNOPSIS\n\\fBfedctl\\fR COMMAND [OPTIONS]\n.SH DESCRIPTION\n"
      ".PP\nfedctl takes KubeFed's federated manifests, renders them for each cluster, shows what every cluster will get, and applies it "
      "to all "
      "of them at once. It needs no controller.\n";
  return page + list_of(commands_of(program.app)) + exit_codes + environment;
}

}  // namespace

int write_man_pages(const Program& program, const std::string& folder) {
  std::map<std::string, std::string> pages{{"fedctl.1", main_page(program)}};
  for (const CLI::App* command : all_commands_of(program.app)) pages[page_name(*command) + ".1"] = command_page(program, *command);
  for (const auto& [name, content] : pages) {
    if (const auto written = file::write_atomically(std::filesystem::path{folder} / name, content); !written) {
      say(fmt::format("error: {}\n", describe(written.error())));
      return exit_error;
    }
  }
  return exit_done;
}

}  // namespace fedctl::cli
