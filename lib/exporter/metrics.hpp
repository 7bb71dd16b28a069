#pragma once

#include <map>
#include <memory>
#include <string>

/// What a long-running command tells Prometheus and probes, over HTTP.
namespace fedctl::exporter {

using Labels = std::map<std::string, std::string>;

/// Numbers by name and labels, in Prometheus' text format. Any thread may set them.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// A gauge. The name is one of the list in metrics.cpp, which has the help; another one is a bug and throws.
  void set(const std::string& name, const Labels& labels, double value);

  /// A counter goes up by one.
  void count(const std::string& name, const Labels& labels);

  /// Prometheus' text exposition format 0.0.4.
  std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace fedctl::exporter
