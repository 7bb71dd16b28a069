#include "failover/store.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "control/names.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace fedctl::failover {
namespace {

using nlohmann::json;

class LeaseHold : public Hold {
 public:
  explicit LeaseHold(std::unique_ptr<apply::Lock> lock) : lock_(std::move(lock)) {}
  std::int64_t token() const override { return lock_->transitions(); }

 private:
  std::unique_ptr<apply::Lock> lock_;
};

class HostStore : public Store {
 public:
  HostStore(kube::Client& client, std::string name_space, std::string policy_namespace, std::string policy)
      : client_(client), name_space_(std::move(name_space)), policy_namespace_(std::move(policy_namespace)), policy_(std::move(policy)) {}

  Task<Result<State>> load() override {
    auto live = co_await client_.get(control::config_maps(), name_space_, name());
    if (!live && live.error().code == Code::not_found) co_return State{};
    if (!live) co_return Failure{live.error()};
    auto state = state_from(json::parse(kube::string_at(kube::map_at(*live, "data"), "state"), nullptr, false));
    if (!state) {
      Error error = in_cluster(state.error(), client_.cluster());
      error.object = fmt::format("ConfigMap {}/{}", name_space_, name());
      co_return Failure{std::move(error)};
    }
    state->version = kube::string_at(kube::map_at(*live, "metadata"), "resourceVersion");
    co_return state;
  }

  Task<Result<Done>> save(State& state) override {
    json object{{"apiVersion", "v1"}, {"kind", "ConfigMap"}};
    object["metadata"] = json{{"name", name()}, {"namespace", name_space_}};
    object["metadata"]["labels"] = json{{"fedctl.io/failover-policy", policy_}};
    object["data"] = json{{"state", to_json(state).dump()}};
    Result<json> written = Failure{Error{}};
    if (state.version.empty()) {
      written = co_await client_.create(control::config_maps(), std::move(object));
    } else {
      object["metadata"]["resourceVersion"] = state.version;
      written = co_await client_.replace(control::config_maps(), std::move(object));
    }
    if (!written) co_return Failure{written.error()};
    state.version = kube::string_at(kube::map_at(*written, "metadata"), "resourceVersion");
    co_return Done{};
  }

  Result<std::unique_ptr<Hold>> hold(const std::string& operation, std::int64_t least_token, time::Duration patience) override {
    apply::LockOptions options{.name_space = name_space_, .operation = operation, .patience = patience};
    options.lease = operation == "failover" ? name() : object_name(policy_namespace_, policy_, operation);
    options.least_transitions = least_token;
    const auto ignore_wait = [](const apply::Holder&) {};
    const auto ignore_skip = [](const Error&) {};
    auto lock = apply::Lock::acquire(client_.loop(), {&client_}, std::move(options), ignore_wait, ignore_skip);
    if (!lock) return Failure{lock.error()};
    return std::make_unique<LeaseHold>(std::move(*lock));
  }

  std::string display_name() const override { return fmt::format("ConfigMap {}/{} in {}", name_space_, name(), client_.cluster()); }

 private:
  std::string name() const { return object_name(policy_namespace_, policy_); }

  kube::Client& client_;
  std::string name_space_;
  std::string policy_namespace_;
  std::string policy_;
};

/// A lock of the file system, which ends with the process that has it.
class FileHold : public Hold {
 public:
  explicit FileHold(int descriptor) : descriptor_(descriptor) {}
  FileHold(const FileHold&) = delete;
  FileHold& operator=(const FileHold&) = delete;
  ~FileHold() override { ::close(descriptor_); }

 private:
  int descriptor_;
};

class FileStore : public Store {
 public:
  explicit FileStore(std::filesystem::path path) : path_(std::move(path)) {}

  Task<Result<State>> load() override {
    std::error_code ignored;
    if (!std::filesystem::exists(path_, ignored)) co_return State{};
    const auto text = file::read(path_);
    if (!text) co_return Failure{text.error()};
    auto state = state_from(json::parse(*text, nullptr, false));
    if (!state) co_return Failure{at_place(state.error(), path_.string())};
    co_return state;
  }

  Task<Result<Done>> save(State& state) override {
    const auto written = file::write_atomically(path_, to_json(state).dump(2) + "\n", 0600);
    if (!written) co_return Failure{written.error()};
    co_return Done{};
  }

  Result<std::unique_ptr<Hold>> hold(const std::string& operation, std::int64_t, time::Duration patience) override {
    const std::string lock = fmt::format("{}.{}.lock", path_.string(), operation);
    std::error_code problem;
    std::filesystem::create_directories(path_.parent_path(), problem);
    const int descriptor = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return Failure{{Code::internal, fmt::format("cannot open {}: {}", lock, std::strerror(errno))}};
    auto held = std::make_unique<FileHold>(descriptor);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      if (std::chrono::steady_clock::now() >= deadline) {
        const std::string who = text::trim(file::read(lock).value_or("somebody"));
        return Failure{{Code::conflict, fmt::format("{} is at work on this policy", who.empty() ? "somebody" : who), lock}};
      }
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    const std::string who = fmt::format("{} ({})\n", process::identity(), operation);
    if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, who.data(), who.size(), 0) < 0)
      return Failure{{Code::internal, fmt::format("cannot write {}: {}", lock, std::strerror(errno))}};
    return held;
  }

  std::string display_name() const override { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace

std::unique_ptr<Store> make_host_store(kube::Client& client, std::string name_space, std::string policy_namespace, std::string policy) {
  return std::make_unique<HostStore>(client, std::move(name_space), std::move(policy_namespace), std::move(policy));
}

std::unique_ptr<Store> make_file_store(std::filesystem::path path) { return std::make_unique<FileStore>(std::move(path)); }

std::filesystem::path default_state_file(const std::string& policy_namespace, const std::string& policy) {
  const char* state = std::getenv("XDG_STATE_HOME");
  const std::filesystem::path base = state != nullptr && *state != '\0' ? std::filesystem::path{state} : file::home() / ".local/state";
  return base / "fedctl" / "failover" / fmt::format("{}.{}.json", policy_namespace, policy);
}

std::string object_name(const std::string& policy_namespace, const std::string& policy, const std::string& part) {
  return fmt::format("failover.{}.{}{}{}", policy_namespace, policy, part.empty() ? "" : ".", part);
}

}  // namespace fedctl::failover
