#pragma once

#include <pugixml.hpp>
#include <string>

/// Pages that stand alone: no script, nothing loaded from elsewhere.
namespace fedctl::cli {

/// A page with a title and the style that all of them share; its body is to be filled.
struct HtmlPage {
  explicit HtmlPage(const std::string& title, const std::string& more_style = {});
  pugi::xml_document document;
  pugi::xml_node body;

  std::string text() const;
};

/// Adds an element with this text and class.
pugi::xml_node add(pugi::xml_node parent, const char* name, const std::string& text = {}, const char* css = nullptr);

/// Adds attributes: {name, value}.
void set(pugi::xml_node node, std::initializer_list<std::pair<const char*, std::string>> attributes);

}  // namespace fedctl::cli
