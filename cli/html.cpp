#include "cli/html.hpp"

#include <sstream>

namespace fedctl::cli {
namespace {

constexpr const char* style = R"(
:root { color-scheme: light dark; --line: #8884; --faint: #777; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; white-space: nowrap; }
.note { color: var(--faint); }
)";

}  // namespace

HtmlPage::HtmlPage(const std::string& title, const std::string& more_style) {
  document.append_child(pugi::node_doctype).set_value("html");
  pugi::xml_node html = document.append_child("html");
  set(html, {{"lang", "en"}});
  pugi::xml_node head = add(html, "head");
  set(add(head, "meta"), {{"charset", "utf-8"}});
  set(add(head, "meta"), {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  add(head, "title", title);
  add(head, "style", style + more_style);
  body = add(html, "body");
}

std::string HtmlPage::text() const {
  std::ostringstream out;
  document.save(out, " ", pugi::format_default | pugi::format_no_declaration | pugi::format_no_empty_element_tags);
  std::string page = out.str();
  // HTML's meta has no end tag.
  constexpr std::string_view end_tag = "</meta>";
  for (auto at = page.find(end_tag); at != std::string::npos; at = page.find(end_tag, at)) page.erase(at, end_tag.size());
  return page;
}

pugi::xml_node add(pugi::xml_node parent, const char* name, const std::string& text, const char* css) {
  pugi::xml_node node = parent.append_child(name);
  if (css != nullptr) node.append_attribute("class").set_value(css);
  if (!text.empty()) node.append_child(pugi::node_pcdata).set_value(text.c_str());
  return node;
}

void set(pugi::xml_node node, std::initializer_list<std::pair<const char*, std::string>> attributes) {
  for (const auto& [name, value] : attributes) node.append_attribute(name).set_value(value.c_str());
}

}  // namespace fedctl::cli
