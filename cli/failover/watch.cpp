#include "base/json.hpp"
#include "base/printable.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "cli/failover/commands.hpp"
#include "cli/failover/listen.hpp"
#include "cli/failover/written_policy.hpp"
#include "failover/needs.hpp"
#include "failover/state.hpp"
#include "http/rest.hpp"
#include "watch/notifier.hpp"
#include "watch/watcher.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <atomic>
#include <CLI/Validators.hpp>
#include <mutex>
#include <thread>

namespace fedctl::cli {
namespace {

constexpr time::Duration stop_pace{100};
/// For telling the rest when a signal ends us.
constexpr time::Duration hurry{400};

struct Flags {
  SiteFlags site;
  std::vector<std::string> policies;
  std::string listen;
  std::vector<std::string> notify;
  std::string interval;
  std::string timeout;
  int failure_threshold = 0;
  int success_threshold = 0;
  bool notify_only = false;
  bool once = false;
  bool force_conflicts = false;
};

watch::WatchOptions watch_options(const Flags& flags) {
  watch::WatchOptions options{.notify_only = flags.notify_only, .once = flags.once, .roles = {flags.force_conflicts}};
  options.interval = time::parse_duration(flags.interval);
  options.timeout = time::parse_duration(flags.timeout);
  if (flags.failure_threshold > 0) options.failure_threshold = flags.failure_threshold;
  if (flags.success_threshold > 0) options.success_threshold = flags.success_threshold;
  return options;
}

/// One policy, with its loop and its thread.
struct Watched {
  explicit Watched(Log log) : loop(std::move(log)) {}
  http::Loop loop;
  std::unique_ptr<WrittenPolicy> policy;
  std::unique_ptr<watch::Watcher> watcher;
  Result<void> result{};
  std::thread thread;
};

/// Where all of them tell what happens.
class Teller {
 public:
  Teller(bool as_json, const std::vector<std::string>& targets)
      : as_json_(as_json), notifier_(targets, [this](const std::string& problem) { complain(problem); }) {}

  /// A signal ends us: what is still to be told has no more time than this.
  void end_within(time::Duration patience) { notifier_.hurry(patience); }

  void tell(const watch::WatchEvent& event) {
    const nlohmann::json document{
        {"at", failover::timestamp_now()}, {"type", to_string(event.type)}, {"policy", event.policy}, {"text", event.text}};
    {
      const std::lock_guard lock{mutex_};
      print(as_json_ ? fedctl::to_text(document) + "\n"
                     : text::printable(fmt::format("{} {} {:<9} {}", document["at"].get<std::string>(), event.policy, to_string(event.type),
                                                   event.text)) +
                           "\n");
      flush_output();
    }
    if (event.type != watch::WatchEvent::Type::step && !event.is_anothers) notifier_.send(document);
  }

 private:
  void complain(const std::string& problem) {
    const std::lock_guard lock{mutex_};
    say_line(fmt::format("warning: {}", problem));
  }

  std::mutex mutex_;
  bool as_json_;
  watch::Notifier notifier_;
};

exporter::Answers answers_of(const std::vector<std::unique_ptr<Watched>>& all) {
  exporter::Answers answers;
  answers["/healthz"] = [&all] {
    const bool good = std::ranges::all_of(all, [](const auto& one) { return one->watcher->is_alive(); });
    return exporter::Answer{good, good ? "ok" : "a policy has not been looked at for two minutes"};
  };
  for (const auto& one : all) {
    answers["/view/" + one->policy->in_force().site.policy.full_name()] = [&watcher = *one->watcher] {
      const bool up = watcher.sees_active_up();
      return exporter::Answer{up, up ? "up" : "down"};
    };
  }
  return answers;
}

Result<std::unique_ptr<Watched>> open_one(const Flags& flags, const std::string& path) {
  auto one = std::make_unique<Watched>(log_for(flags.site.output));
  SiteFlags site = flags.site;
  site.policy = path;
  one->policy = std::make_unique<WrittenPolicy>(one->loop, site);
  auto open = open_site(one->loop, site);
  if (!open) return Failure{open.error()};
  one->policy->take(std::move(*open));
  return one;
}

std::vector<Error> missing_programs(const std::vector<std::string>& targets) {
  std::vector<Error> missing;
  for (const std::string& target : targets) {
    if (url::is_http(target) || subprocess::can_run(text::split(target, ' ').front())) continue;
    missing.push_back({Code::not_found, fmt::format("--notify: there is no program {} that may be run", text::split(target, ' ').front())});
  }
  return missing;
}

int exit_code(const std::vector<std::unique_ptr<Watched>>& all) {
  int code = exit_done;
  for (const auto& one : all) {
    if (!one->result) code = std::max(code, report_refusal(one->result.error()));
  }
  return code;
}

int run_watch(const Flags& flags) {
  if (flags.policies.size() > 1 && !flags.site.state.empty()) return report({Code::usage, "--state is for one policy; there are several"});
  exporter::Metrics metrics;
  Teller teller{is_json(flags.site), flags.notify};
  std::vector<std::unique_ptr<Watched>> all;
  std::vector<Error> missing = missing_programs(flags.notify);
  for (const std::string& path : flags.policies) {
    auto one = open_one(flags, path);
    if (!one) return report(one.error());
    failover::Site& site = (*one)->policy->in_force().site;
    std::ranges::move((*one)->loop.run(failover::missing_needs(site)), std::back_inserter(missing));
    (*one)->watcher = std::make_unique<watch::Watcher>(site, (*one)->policy.get(), watch_options(flags), metrics,
                                                       [&](const watch::WatchEvent& event) { teller.tell(event); });
    all.push_back(std::move(*one));
  }
  for (const Error& error : missing) report(error);
  if (!missing.empty()) return exit_error;
  const auto server = listen_at(flags.listen, metrics, answers_of(all));
  if (!server) return report(server.error());
  // The policies have a loop each, and signals come to one only.
  http::Loop signals{log_for(flags.site.output)};
  signals.interrupt_on_signals();
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> running{all.size()};
  for (const auto& one : all) {
    one->thread = std::thread{[&stop, &running, &one = *one] {
      // Once: what is given back after an interrupt is not to be interrupted again.
      one.loop.on_tick(stop_pace, [&stop, &one, is_told = false]() mutable {
        if (stop && !std::exchange(is_told, true)) one.loop.interrupt();
      });
      one.result = one.watcher->run();
      --running;
    }};
  }
  while (running > 0) {
    if (signals.run(http::rest(signals, stop_pace)) == http::Rest::interrupted) break;
  }
  if (signals.interrupted()) teller.end_within(hurry);
  stop = true;
  for (const auto& one : all) one->thread.join();
  return exit_code(all);
}

}  // namespace

void add_failover_watch(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Watches the active side of each policy by its checks, and fails over when it is gone: enough independent signals bad, each as often "
      "and all as long as the policy says, half of all clusters reachable from here, most vantages of the same opinion, and no failover "
      "within the cooldown. What may stop 'failover run' stops this too, and is tried again. Nothing moves back by itself.\n\n"
      "Several may run: one decides, by a Lease, and the others watch all the same, so that one of them goes on at most ten seconds after "
      "it died. A failover that was cut short is gone on with. While it watches it remembers where the primary's log is, so that the loss "
      "of a failover is known. A policy that is changed meanwhile is taken up, never in the middle of a run; one that cannot be read is "
      "told, and the one before stays in force.\n\n"
      "--notify tells a URL (POST) or a program (standard input) each event as JSON: at, type, policy, text. --listen serves /metrics for "
      "Prometheus, /healthz, and /view/NAMESPACE/NAME, which answers 200 while the active side is seen up and 503 while it is not: a "
      "vantage for others. See share/doc/fedctl/examples/fedctl-watch.service and, for --once, "
      "share/doc/fedctl/examples/failover-watch-cronjob.yaml.\n\n"
      "Watch does not start where something is missing that the policy needs: a variable, a Secret, a program, a file. A signal that "
      "cannot be read later, because it is gone or the credentials are refused, is told as a problem and is no vote for a failover.\n\n"
      "Exits with 0 when ended by a signal; with --once 0 when the side is well or a failover is done, 1 on an error, 4 where one is due "
      "and refused.",
      {{"Watch from a server outside of both regions",
        "fedctl failover watch failover-policy.yaml --host-cluster-context host-cluster --listen :9090 --notify "
        "https://chat.example.com/hook"},
       {"Look once, as a CronJob does", "fedctl failover watch failover-policy.yaml --host-cluster-context host-cluster --once"},
       {"Only tell", "fedctl failover watch failover-policy.yaml -f app.yaml --notify-only --notify './page oncall'"}}};
  CLI::App* command = add_command(program, "failover watch", "Watch the active side, and fail over when it is gone", std::move(text),
                                  [flags] { return finish(run_watch(*flags), flags->site.output); });
  auto* policies = command
                       ->add_option("POLICY", flags->policies,
                                    "Files with a FailoverPolicy each; with a host also [NAMESPACE/]NAME of those that it holds")
                       ->required();
  program.values[policies] = {ValueKind::file};
  add_duration(*command, "--interval", flags->interval, "Instead of the interval of the policy's checks");
  add_duration(*command, "--timeout", flags->timeout, "Instead of their timeout");
  command->add_option("--failure-threshold", flags->failure_threshold, "Instead of their failureThreshold")
      ->check(CLI::Range(1, 1000000).description(""))
      ->type_name("N");
  command->add_option("--success-threshold", flags->success_threshold, "Instead of their successThreshold")
      ->check(CLI::Range(1, 1000000).description(""))
      ->type_name("N");
  command->add_option("--notify", flags->notify, "A URL or a program that is told what happens; may be repeated")
      ->type_name("TARGET")
      ->allow_extra_args(false);
  command->add_flag("--notify-only", flags->notify_only, "Tell when a failover is due, and begin none");
  command->add_flag("--once", flags->once, "End when the side is known to be well, or a failover is over");
  command->add_option("--listen", flags->listen, "Serve /metrics, /healthz and /view there")->type_name("[HOST]:PORT");
  command->add_flag("--force-conflicts", flags->force_conflicts, "Take over fields that other managers apply");
  add_site_flags(program, *command, flags->site, {"text", "json"});
}

}  // namespace fedctl::cli
