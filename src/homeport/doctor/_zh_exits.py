"""What `homeport.system.exits` says, in Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping

_LOOK = "请看 `homeport logs` 的内容"
_ANEW = "请重新安装服务"

SAID: Mapping[str, str] = {
    "look at what `homeport logs` says": _LOOK,
    "some records failed, or a fault of ours": "有记录失败，或者是程序自身的错误",
    "the configuration cannot be honoured": "配置无法执行",
    "run `homeport config check` as the service's account": "请以服务的账户运行 `homeport config check`",
    "no address was learned": "没有得到任何地址",
    "run `homeport detect`": "请运行 `homeport detect`",
    "the host refused the credentials, or the system this account": "服务商拒绝了凭据，或系统拒绝了本账户",
    "run `homeport doctor` as it": "请以该账户运行 `homeport doctor`",
    "nobody could be reached": "什么都联系不上",
    "wait for the network, or look at the findings about it": "请等待网络，或看网络部分的检查结果",
    "the program may not be executed": "程序没有执行权限",
    "let the account execute it": "请让该账户可以执行它",
    "the program is not there": "程序不存在",
    "install the service again": _ANEW,
    "the working directory cannot be entered": "无法进入工作目录",
    "make it, or let the account enter it": "请创建它，或让该账户可以进入",
    "the program cannot be executed": "程序无法执行",
    "install the service again: its path changed": "请重新安装服务：程序的路径变了",
    "the group is not known": "没有这个用户组",
    "make the group, or correct the unit": "请创建该用户组，或改正单元文件",
    "the account is not known": "没有这个账户",
    "make the account, or correct the unit": "请创建该账户，或改正单元文件",
    "the sandbox could not be set up": "无法建立沙盒",
    "make the folders that the unit names": "请创建单元文件所写的文件夹",
    "the state folder could not be made": "无法创建状态文件夹",
    "look at the owner of /var/lib/homeport": "请检查 /var/lib/homeport 的所有者",
    "the credentials could not be loaded": "无法载入凭据文件",
    "put the file where the unit says it is": "请把文件放到单元文件所写的位置",
    "the program or the configuration was not found": "找不到程序或配置文件",
    "the path was not found": "找不到路径",
    "access was denied to the service's account": "服务的账户被拒绝访问",
    "let it read the program and the file": "请让它可以读取程序和配置文件",
    "it did not answer the service manager in time": "没有及时应答服务管理器",
    "start it by hand and look what it waits for": "请手动启动，看它在等什么",
    "the process ended unexpectedly": "进程意外退出",
    "a service that it depends on did not start": "它所依赖的服务没有启动",
    "start Tcpip and Dnscache": "请启动 Tcpip 和 Dnscache",
    "its account could not log on: a changed password, or no right to": "其账户无法登录：密码已改，或没有登录权限",
    'give the password anew, and the right "Log on as a service" (SeServiceLogonRight)': (
        "请重新填写密码，并授予“作为服务登录”的权限（SeServiceLogonRight）"
    ),
    "it is marked for deletion": "它已被标记为删除",
    "close the Services window, or restart Windows": "请关闭“服务”窗口，或重启 Windows",
    "its account could not log on: the password is wrong": "其账户无法登录：密码错误",
    "give its password anew": "请重新填写密码",
    "its account lacks the right to log on as a service or a batch job": (
        "其账户没有“作为服务登录”或“作为批处理作业登录”的权限"
    ),
    'give it "Log on as a service" (SeServiceLogonRight) or "as a batch job" in secpol.msc': (
        "请在 secpol.msc 中授予“作为服务登录”（SeServiceLogonRight）或“作为批处理作业登录”"
    ),
    "the task was refused: a condition was not met": "任务被拒绝：有条件不满足",
    "look at its conditions": "请检查任务的条件",
    "it was ended by Ctrl-C or at log-off": "被 Ctrl-C 或注销结束",
    "let it run whether logged on or not": "请设为无论是否登录都运行",
    "a DLL is missing": "缺少 DLL",
    "install the program again": "请重新安装程序",
    "it is ready, and has not failed": "它已就绪，没有失败",
    "start it": "请启动它",
    "it was killed: by a person, or for want of memory": "被强行结束：有人这样做，或内存不足",
    "look at the system's own log": "请看系统自己的日志",
}
_WITH_A_NUMBER = (
    (re.compile(r"signal (\d+) ended it"), "被信号 {} 结束"),
    (re.compile(r"exit code (-?\d+)"), "退出码 {}"),
    (re.compile(r"Windows calls it (\S+)"), "Windows 称之为 {}"),
    (re.compile(r"`net helpmsg (-?\d+)` explains it"), "`net helpmsg {}` 会作出说明"),
)


def in_chinese(text: str) -> str:
    """Return the sentence in Chinese; one that is no sentence of ours stays as it is."""
    for pattern, chinese in _WITH_A_NUMBER:
        if found := pattern.fullmatch(text):
            return chinese.format(found[1])
    return SAID.get(text, text)
