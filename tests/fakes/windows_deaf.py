"""A service that starts for ever and heeds nothing, as one of another version might: run by a Windows Python."""

import threading

from homeport.system.windows import process


def main():
    process.ACCEPTED_AT_START = 0
    process.ServiceProcess(lambda _: threading.Event().wait()).main()


if __name__ == "__main__":
    main()
