"""stop_watch.py FEDCTL TIMES [SECONDS [FLAG...]]: starts so many watches of policy.yaml, of which one cluster cannot be reached and the database takes
connections and never answers, and ends each at another moment. A line each: the exit status, and whether it spun after the signal, or took
longer than the seconds."""
import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time

fedctl, times = sys.argv[1], int(sys.argv[2])
patience = float(sys.argv[3]) if len(sys.argv) > 3 else 60
more_flags = sys.argv[4:]
most_cpu = 0.5


class Healthy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b"ok" if self.path == "/healthz" else b"{}"
        self.send_response(200 if self.path == "/healthz" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Healthy)
server.handle_error = lambda *_: None  # Who is ended hangs up in the middle.
threading.Thread(target=server.serve_forever, daemon=True).start()
silent = socket.create_server(("127.0.0.1", 0), backlog=1000)
with open("kubeconfig", "w") as file:
    ports = {"tokyo-cluster": server.server_address[1], "ireland-cluster": 1, "virginia-cluster": server.server_address[1]}
    entries = [f"- {{name: {name}, cluster: {{server: 'http://127.0.0.1:{port}'}}}}" for name, port in ports.items()]
    contexts = [f"- {{name: {name}, context: {{cluster: {name}}}}}" for name in ports]
    file.write("\n".join(["clusters:", *entries, "contexts:", *contexts, ""]))
database = f"postgres://127.0.0.1:{silent.getsockname()[1]}/postgres"
environment = {**os.environ, "KUBECONFIG": "kubeconfig", "TOKYO_DATABASE": database, "IRELAND_DATABASE": database}


def cpu_of(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(number, results):
    command = [fedctl, "failover", "watch", "policy.yaml", "-f", "app.yaml", "--interval", "200ms", "--state", f"state-{number}.json", *more_flags]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = process.stdout.readline()
    if "is active" not in said:
        process.kill()
        results[number] = f"did not start: {said.strip()}"
        return
    threading.Thread(target=process.stdout.read, daemon=True).start()
    time.sleep(number * 0.13)
    before = cpu_of(process.pid)
    process.send_signal(signal.SIGTERM if number % 2 else signal.SIGINT)
    until = time.monotonic() + patience
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if time.monotonic() > until or cpu_of(process.pid) - before > most_cpu:
            process.kill()
            results[number] = f"did not end, and took {cpu_of(process.pid) - before:.1f}s of CPU meanwhile"
            return
        time.sleep(0.02)
    results[number] = f"exit {process.wait()}"


results = ["nothing"] * times
threads = [threading.Thread(target=run, args=(number, results)) for number in range(times)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("\n".join(results))
