"""slow_clients.py PORT COUNT: so many connections from one address, each of which sends a byte of its request a second; one that the server
closes is opened again. Makes the file `slow` when all are open."""
import socket
import sys
import time

port, count = int(sys.argv[1]), int(sys.argv[2])


def connect():
    one = socket.create_connection(("127.0.0.1", port))
    one.sendall(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
    return one


connections = [connect() for _ in range(count)]
open("slow", "w").close()
while True:
    time.sleep(1)
    for i, one in enumerate(connections):
        try:
            one.sendall(b"x")
        except OSError:
            one.close()
            connections[i] = connect()
