#include "failover/role_files.hpp"

#include "base/file.hpp"
#include "base/yaml_edit.hpp"
#include "failover/site.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::failover {
namespace {

using manifest::Manifest;
using nlohmann::json;

Result<RoleFile*> file_of(const Manifest& manifest, std::vector<RoleFile>& files) {
  const yaml::Source& source = *manifest.document->source;
  const auto known = std::ranges::find(files, source.name, &RoleFile::name);
  if (known != files.end()) return &*known;
  std::string text = source.text;
  if (!source.file.empty()) {
    auto again = file::read(source.file);
    if (!again) return Failure{again.error()};
    text = std::move(*again);
  }
  files.push_back({.name = source.name, .before = text, .after = text});
  return &files.back();
}

/// Gives the target its roles in the file's text, as that has become so far.
Result<void> turn(const Policy& policy, const ActiveSide& active, const Manifest& manifest, RoleFile& file) {
  const yaml::Source source{.name = file.name, .text = file.after};
  auto parsed = yaml::parse(std::make_shared<const yaml::Source>(source));
  if (!parsed) return Failure{parsed.error()};
  const auto document = std::ranges::find(parsed->documents, manifest.document->index, &yaml::Document::index);
  if (document == parsed->documents.end()) return Failure{{Code::conflict, "the file was changed meanwhile", file.name}};
  json value = document->value;
  const json::json_pointer where{manifest.pointer};
  if (!value.contains(where)) return Failure{{Code::conflict, "the file was changed meanwhile", file.name}};
  auto turned = with_roles(value[where], policy, active);
  if (!turned) return Failure{at_place(turned.error(), policy.place)};
  if (*turned == value[where]) return {};
  value[where] = std::move(*turned);
  auto edited = yaml::edit(source, manifest.document->index, value);
  if (!edited) return Failure{at_place(edited.error(), manifest.place("/spec/overrides"))};
  file.after = std::move(edited->text);
  file.is_rewritten = file.is_rewritten || edited->is_rewritten;
  file.objects.push_back(kube::to_string(kube::key_of(manifest.object)));
  return {};
}

}  // namespace

Result<std::vector<RoleFile>> role_files(const Policy& policy, const ActiveSide& active, std::span<const Manifest> manifests) {
  std::vector<RoleFile> files;
  for (const Target& target : policy.targets) {
    bool is_found = false;
    for (const Manifest& manifest : manifests) {
      if (!manifest.document || !is_target(manifest.object, target)) continue;
      is_found = true;
      auto file = file_of(manifest, files);
      if (!file) return Failure{file.error()};
      if (auto turned = turn(policy, active, manifest, **file); !turned) return Failure{turned.error()};
    }
    if (is_found) continue;
    return Failure{{.code = Code::not_found,
                    .message = fmt::format("the target {} {}/{} is in no file", target.kind, target.name_space, target.name),
                    .place = policy.place,
                    .hint = "name its file with -f"}};
  }
  return files;
}

}  // namespace fedctl::failover
