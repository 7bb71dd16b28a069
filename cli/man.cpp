#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/common.hpp"
#include "cli/help.hpp"
#include "cli/program.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>
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

/// A sentence or more in lines that are not too long.
std::string filled(std::string_view text) {
  std::string result = roff(wrapped(std::string{text}, 70));
  if (result.ends_with('\n')) result.pop_back();
  return result;
}

std::string option_head(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : names_of(option)) names.push_back(fmt::format("\\fB{}\\fR", roff(name)));
  const std::string value = value_name_of(option);
  return text::join(names, ", ") + (value.empty() ? "" : fmt::format(" \\fI{}\\fR", roff(value)));
}

std::string entry_of(const CLI::Option& option) {
  return fmt::format(".TP\n{}\n{}\n", option_head(option), filled(description_of(option) + "."));
}

std::string arguments_section(const CLI::App& command) {
  const auto arguments = arguments_of(command);
  std::string result = arguments.empty() ? "" : ".SH ARGUMENTS\n";
  for (const CLI::Option* argument : arguments) result += entry_of(*argument);
  return result;
}

std::string options_section(const CLI::App& command) {
  std::string result = ".SH OPTIONS\n";
  for (const OptionGroup& group : option_groups_of(command)) {
    if (group.heading != "Options") result += fmt::format(".SS {}\n", roff(group.heading));
    for (const CLI::Option* option : group.options) result += entry_of(*option);
  }
  if (const auto ignored = ignored_flags_of(command); !ignored.empty())
    result += fmt::format(".SS Ignored\n{}\n", filled(fmt::format("{}: {}.", about_ignored_flags, text::join(ignored, ", "))));
  return result;
}

std::string topic_section(const std::string& heading, const Topic& topic) {
  std::string result = fmt::format(".SH {}\n", heading);
  for (const auto& [name, meaning] : topic.entries) result += fmt::format(".TP\n{}\n{}\n", roff(name), filled(meaning));
  return topic.closing.empty() ? result : result + fmt::format(".PP\n{}\n", filled(topic.closing));
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string head(const std::string& page, const std::string& summary) {
  return fmt::format(".TH {} 1 {} \"fedctl {}\" \"fedctl manual\"\n.SH NAME\n{} \\- {}\n", roff(upper(page)), FEDCTL_DATE, FEDCTL_VERSION,
                     roff(page), roff(summary));
}

std::string paragraphs(std::string_view text) {
  std::string result;
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = text.find("\n\n");
    result += fmt::format("{}{}\n", result.empty() ? "" : ".PP\n", filled(text.substr(0, end)));
    if (end != std::string_view::npos) text.remove_prefix(end + 2);
  }
  return result;
}

std::string page_name(const CLI::App& command) {
  std::string name = "fedctl-" + path_of(command);
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string list_of(const std::vector<const CLI::App*>& commands) {
  std::string list = ".SH COMMANDS\n";
  for (const CLI::App* command : commands)
    list += fmt::format(".TP\n\\fB{}\\fR(1)\n{}.\n", roff(page_name(*command)), filled(command->get_description()));
  return list;
}

std::string examples_section(const CommandText& text) {
  std::string result = ".SH EXAMPLES\n";
  for (const auto& [what, line] : text.examples) {
    if (!result.ends_with(".SH EXAMPLES\n")) result += ".PP\n";
    result += fmt::format("{}:\n.PP\n.RS 4\n.nf\n{}\n.fi\n.RE\n", filled(what), roff(line));
  }
  return result;
}

std::string command_page(const Program& program, const CLI::App& command) {
  const std::string path = path_of(command);
  const CommandText& text = program.texts.at(path);
  const std::vector<const CLI::App*> inner = commands_of(command);
  std::string page = head(page_name(command), command.get_description());
  page += fmt::format(".SH SYNOPSIS\n\\fBfedctl {}\\fR {}\n.SH DESCRIPTION\n{}", roff(path), roff(synopsis_of(command)),
                      paragraphs(text.description));
  page += inner.empty() ? arguments_section(command) + options_section(command) : list_of(inner);
  page += examples_section(text) + topic_section("EXIT CODES", exit_codes_of(path)) + ".SH SEE ALSO\n\\fBfedctl\\fR(1)";
  const CLI::App* group = command.get_parent();
  if (group->get_parent() != nullptr) page += fmt::format(",\n\\fB{}\\fR(1)", roff(page_name(*group)));
  return page + "\n";
}

std::string main_page(const Program& program) {
  std::string page = head("fedctl", "one plan for Kubernetes in many regions");
  page += ".SH SYNOPSIS\n\\fBfedctl\\fR COMMAND [OPTIONS]\n.SH DESCRIPTION\n";
  page += filled(
              "fedctl takes KubeFed's federated manifests, renders them for each cluster, shows what every cluster will get, and applies "
              "it to all of them at once. It needs no controller.") +
          "\n";
  page += list_of(commands_of(program.app));
  for (const Topic& topic : topics()) {
    std::string heading = upper(topic.name);
    std::ranges::replace(heading, '-', ' ');
    page += topic_section(heading, topic);
  }
  return page;
}

}  // namespace

int write_man_pages(const Program& program, const std::string& folder) {
  std::map<std::string, std::string> pages{{"fedctl.1", main_page(program)}};
  for (const CLI::App* command : all_commands_of(program.app)) pages[page_name(*command) + ".1"] = command_page(program, *command);
  for (const auto& [name, content] : pages) {
    if (const auto written = file::write_atomically(std::filesystem::path{folder} / name, content); !written) {
      say_line(fmt::format("error: {}", describe(written.error())));
      return exit_error;
    }
  }
  return exit_done;
}

}  // namespace fedctl::cli
