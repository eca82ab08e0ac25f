"""What doctor says, in Chinese; what others said, and is quoted, stays as they said it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.doctor._zh_exits import in_chinese
from homeport.doctor.finding import Finding

CHECKS: Mapping[str, str] = {
    "configuration": "配置文件：是否存在、本账户能否读取、内容是否正确、别人能否读到其中的密钥",
    "service": "由谁启动：是否安装、是否启用、是否只有一个、路径是否存在且加了引号、上次如何退出",
    "account": "服务所用的账户：往往不是您现在的账户，您能读的它未必能读",
    "secrets": "密钥：现在能否读取，开机启动时能否读取",
    "state": "状态文件夹：是否存在、能否真正写入、是否有空间、其中的文件是否同属一个账户",
    "instance": "正在运行的程序：控制通道是否应答、是否只有一个、版本是否一致",
    "log": "日志：最近的问题，以及上次启动时网络是否就绪",
    "port": "服务器要监听的端口：是否空闲，本账户是否有权使用",
    "interface": "第一步：网卡已连接，并且有可用的地址",
    "gateway": "第二步：有默认路由，路由器在线",
    "resolver": "第三步：逐个询问本机设置的 DNS 解析器",
    "outside": "第四步：分别经 IPv4 和 IPv6 访问外网，看外网看到的本机地址",
    "clock": "时钟：证书、签名和租约都依赖它",
    "credentials": "服务商：能否访问、凭据是否有效、能否列出这些记录",
    "name": "域名：用本机的解析器查询，和家里其他设备一样",
    "zone": "区域自己的域名服务器：是否都应答、是否一致、是否就是本机发布的内容",
    "record": "正在运行的程序所维护的记录：有没有被保留、重试或放弃的",
    "reach": "最后一步：由自己的服务器从外面试连本机端口",
    "walk": "检查本身",
}

SENTENCES: Mapping[str, tuple[str, str]] = {
    "configuration.ok": ("已读取 {path}，没有错误", ""),
    "configuration.absent": (
        "没有 homeport.yaml；已在这些位置查找：{places}",
        "用 `homeport init` 生成一个，或用 --config 指定",
    ),
    "configuration.elsewhere": (
        "本账户没有 homeport.yaml；{kind} 使用 {config}",
        "`homeport doctor --config {config}` 检查它，必要时加 sudo",
    ),
    "configuration.not_there": ("指定的 {path} 不存在", "请指定正确的文件，或运行 `homeport init`"),
    "configuration.unreadable": (
        "{path}：本账户（{account}）无权读取",
        "请以文件所有者运行，或把文件交给本账户",
    ),
    "configuration.invalid": ("{fault}", "请改正这一行；`homeport config check` 会告诉您是否正确"),
    "configuration.exposed": ("{path} 中写有密钥，而别人可以读取它", "chmod 600 {path}"),
    "configuration.warned": ("{warning}", ""),
    "service.ok": ("{kind} 负责启动它，并且正在运行：{command}", ""),
    "service.none": (
        "本机开机时没有任何东西启动 homeport",
        "`homeport service install` 会为本机选择最合适的方式",
    ),
    "service.twice": (
        "同时安装了多种启动方式，它们会互相妨碍：{kinds}",
        "只保留一种；`homeport service uninstall --method NAME` 删除另一种",
    ),
    "service.disabled": (
        "{kind} 已安装但被禁用：下次开机不会启动",
        "`homeport service install --method {kind}` 会重新启用它",
    ),
    "service.no_program": (
        "{kind} 要启动的 {program} 不存在（升级后换了位置？）",
        "`homeport service install --method {kind}` 会写入现在的路径",
    ),
    "service.unquoted": (
        "{kind} 的路径含有空格却没有加引号：{command}",
        "`homeport service install --method {kind}` 会加上引号",
    ),
    "service.no_file": (
        "{kind} 指定的文件 {config} 不存在",
        "请把文件放到那里，或运行 `homeport service install --method {kind} --config PATH`",
    ),
    "service.other_file": (
        "{kind} 使用的是 {config}，而这次检查的是 {path}",
        "`homeport doctor --config {config}` 检查那一个",
    ),
    "service.stale": (
        "{kind} 在 {place} 的内容与现在会写入的不同",
        "`homeport service install --method {kind}` 会重新写入；如果是您自己改的，就不用管",
    ),
    "service.stopped": (
        "{kind} 已安装并启用，但没有运行",
        "`homeport service start --method {kind}`；`homeport logs` 会说明它为何退出",
    ),
    "service.ended": ("{kind} 上次以 {code} 退出：{meaning}", "{cure}；然后运行 `homeport service start`"),
    "service.says": ("{kind}：{said}", ""),
    "service.unknown": ("无法查看 {kind} 的状态：{why}", ""),
    "account.ok": ("{kind} 所用的账户 {account} 可以读取 {path}", ""),
    "account.unknown": ("{kind} 以 {account} 运行，但现在没有这个账户；systemd 会在启动时创建自己的账户", ""),
    "account.file": (
        "{kind} 以 {account} 运行，它无权读取 {path}",
        "sudo chown {account} {path}，或用 `homeport service install --method {kind}` 复制一份给它",
    ),
    "account.folder": (
        "{kind} 以 {account} 运行，它无权进入通往 {path} 的文件夹 {folder}",
        "`homeport service install --method {kind}` 会把文件放在它能读的地方",
    ),
    "secrets.ok": ("每个密钥都能读取（共 {count} 个）", ""),
    "secrets.unreadable": ("providers.{provider}：{why}", "可改用 `homeport secret set NAME` 加密保存"),
    "secrets.environment": (
        "providers.{provider} 的 {source} 只在当前终端中设置；开机启动的 homeport 看不到这个终端的变量",
        "运行 `homeport secret set NAME`，并在文件中写 secret:NAME",
    ),
    "state.ok": ("{folder} 可以写入", ""),
    "state.missing": ("状态文件夹 {folder} 还不存在", "首次启动时会创建；--fix 现在就创建"),
    "state.not_a_folder": ("{folder} 不是文件夹", "请移走那里的东西，或用 `state:` 指定别的文件夹"),
    "state.unwritable": (
        "{folder} 无法写入：{why}",
        "请以其所有者（{owner}）运行，或用 `state:` 指定别的文件夹",
    ),
    "state.read_only": (
        "{folder} 所在的磁盘是只读的",
        "请以可写方式挂载，或用 `state:` 指定别处；磁盘出故障时会变成只读",
    ),
    "state.full": ("{folder} 所在的磁盘已满（剩余 {free} MB）", "请腾出空间"),
    "state.foreign": (
        "{folder} 中的 {names} 属于 {others}，而文件夹属于 {owner}，后者可能无法打开它们",
        "用 sudo chown {owner} 改正；起因是曾用 sudo 运行过命令",
    ),
    "state.damaged": ("{why}", "丢失的只是何时发布了什么：启动时会重建"),
    "state.later": (
        "{database} 由 {program} 写入（格式 {number}）；本程序是 homeport {version}，只认得到格式 {known}",
        "请重新安装那个版本，或用 `homeport state restore {kept}` 回到升级之前",
    ),
    "state.later_alone": (
        "{database} 由 {program} 写入（格式 {number}）；本程序是 homeport {version}，只认得到格式 {known}",
        "请重新安装那个版本，或移走该文件从头开始；没有保留升级之前的文件",
    ),
    "instance.ok": ("`homeport {role}` 正在运行，控制通道有应答（版本 {version}）", ""),
    "instance.nobody": (
        "没有 `homeport {role}` 在使用 {database}",
        "`homeport service start`，或 `homeport {role}`",
    ),
    "instance.deaf": (
        "有进程占用 {database}，但控制通道没有应答",
        "`homeport service restart`；如果该进程不属于服务，请结束它",
    ),
    "instance.others": ("本账户无法询问 `homeport {role}` 是否在运行：{why}", "请使用运行它的账户，或 sudo"),
    "instance.old": (
        "正在运行的 `homeport {role}` 是版本 {running}，而已安装 {version}",
        "`homeport service restart`",
    ),
    "instance.in_the_way": ("{path} 挡住了控制通道：它不是套接字", "请移走它；--fix 会给它改名"),
    "log.ok": ("{path} 中自上次启动以来没有问题", ""),
    "log.none": ("{folder} 中还没有日志文件", "`homeport run` 和 `homeport serve` 会写日志"),
    "log.unreadable": ("{path}：本账户无权读取日志", "请以其所有者运行，或使用 sudo"),
    "log.said": ("{path}：{line}", "`homeport logs` 显示更早的内容"),
    "log.boot": (
        "上次启动时网络尚未就绪：{line}",
        "无需处理：homeport 会等待网络；如果网络一直没有来，请看网络部分的结果",
    ),
    "port.ok": ("{where}（{protocol}）空闲，可供 {what} 使用", ""),
    "port.taken": (
        "{what} 要监听的 {where}（{protocol}）已被其他程序占用",
        "结束那个程序或换一个端口；`ss -lntup` 或 `netstat -abno` 会显示是谁（53 端口常被 systemd-resolved 占用）",
    ),
    "port.forbidden": (
        "本账户无权监听 {what} 所需的 {where}（{protocol}）",
        "请选 1023 以上的端口，或让 `homeport service install` 授予权限（CAP_NET_BIND_SERVICE）",
    ),
    "port.no_address": (
        "{what} 要监听的 {where} 不是本机的地址：{why}",
        "请写本机拥有的地址，或 0.0.0.0 和 [::]",
    ),
    "interface.ok": ("{interface} 的地址是 {addresses}", ""),
    "interface.untold": ("{why}", ""),
    "interface.none": (
        "除环回外，本机没有任何网卡有地址",
        "插好网线、连接 Wi-Fi 或启动网络；在容器中请给它一个网络",
    ),
    "interface.no_carrier": ("{interface} 有地址 {addresses}，但没有连接", "请检查网线或 Wi-Fi"),
    "interface.self_assigned": (
        "{interface} 只有自己分配的 {addresses}：没有 DHCP 应答",
        "重启路由器或检查网线；没有 DHCP 时请手动设置地址",
    ),
    "gateway.ok": ("路由器 {gateway}（{family}，经 {interface}）在线", ""),
    "gateway.silent": (
        "路由器 {gateway}（{family}，经 {interface}）没有应答；很多路由器都不应答，但照常转发",
        "如果外网也都没有应答，请重启它",
    ),
    "gateway.unreachable": (
        "路由器 {gateway}（{family}，经 {interface}）不在线：{why}",
        "请检查网线或 Wi-Fi，并重启路由器",
    ),
    "gateway.no_route": (
        "本机没有通向外面的路由，IPv4 和 IPv6 都没有",
        "请启动网络，或设置默认网关；异常退出的 VPN 也会删掉它",
    ),
    "gateway.unneeded": (
        "路由器 {gateway}（{family}，经 {interface}）不在线：{why}；另一协议族的路由器在线",
        "",
    ),
    "gateway.one_family": ("{family} 没有默认路由：只有 {other} 通向外面", ""),
    "gateway.untold": ("{why}", ""),
    "resolver.ok": ("解析器 {server} 有应答", ""),
    "resolver.dead": (
        "解析器 {server} 没有应答：{why}",
        "请在网络设置或 `agent.resolver` 中换一个（路由器的地址，或公共解析器）",
    ),
    "resolver.refuses": (
        "解析器 {server} 只回答 {rcode}，给不出结果",
        "请在网络设置或 `agent.resolver` 中换一个（路由器的地址，或公共解析器）",
    ),
    "resolver.one_dead": (
        "解析器 {server} 没有应答（{why}）；凡是先问它的查询都要再等另一个",
        "请从网络设置中删除它",
    ),
    "outside.ok": ("{family} 正常：{asked} 个外部服务中有 {answered} 个应答，看到的是 {addresses}", ""),
    "outside.dead": (
        "经 {family} 没有任何外部服务应答：{why}",
        "如果前面各步都正常，就是线路或防火墙的问题：请看路由器的页面",
    ),
    "outside.no_ipv6": ("经 IPv6 没有外部服务应答，也没有记录需要它", ""),
    "outside.nobody_asked": (
        "没有地址来源经 {family} 询问外部",
        "添加 `http_echo`、`stun` 或 `dns_echo`，就能知道外网看到什么",
    ),
    "outside.unlearned": (
        "来源 {source} 没有得到 {family} 地址：{why}",
        "`homeport detect` 显示谁说了什么；得知之前，什么也不发布、不撤销",
    ),
    "outside.translated": ("{why}", ""),
    "outside.voteless": ("来源 {source} 的 {witness} 不再计票：它一再与其他来源矛盾", "请换一个"),
    "clock.ok": ("时钟误差在 {seconds} 秒以内，依据 {count} 个服务器", ""),
    "clock.off": (
        "时钟差了 {seconds} 秒（{direction}）：依据 {url}",
        "请校准：Linux 用 `timedatectl set-ntp true`，Windows 用 `w32tm /resync`",
    ),
    "clock.past": (
        "时钟显示 {date}，早于本程序写成的时间",
        "请校准：Linux 用 `timedatectl set-ntp true`，Windows 用 `w32tm /resync`；换一块新电池才能保持",
    ),
    "clock.unknown": ("没有服务器应答，无法核对时钟", ""),
    "credentials.ok": ("{provider}（{kind}）接受凭据，列出了 {wanted} 条记录中的 {count} 条", ""),
    "credentials.refused": (
        "{provider}（{kind}）拒绝了凭据：{why}",
        "请重新申请（`homeport providers {kind}` 说明在哪里、需要哪些权限），再运行 `homeport secret set`",
    ),
    "credentials.failed": (
        "无法读取 {provider}（{kind}）：{why}",
        "如果是无法访问，请看前面的结果；否则要由服务商解决",
    ),
    "credentials.unusable": ("{why}", "请改正文件中该服务商的设置"),
    "credentials.untried": (
        "{provider}（{kind}）没有可读的内容，凭据只有在写入时才能验证",
        "`homeport once` 现在就试",
    ),
    "credentials.idle": ("{provider}（{kind}）已配置，但没有记录使用它", ""),
    "name.ok": ("{name} 解析为 {addresses}", ""),
    "name.dead": (
        "{name} 无法解析：{why}",
        "如果解析器有应答，就是记录还没发布（`homeport plan`），或者区域没有委派",
    ),
    "name.none": ("没有配置记录，因此没有域名可查", "`homeport init` 会询问域名"),
    "zone.ok": ("每个域名服务器（共 {count} 个）对 {record} 的回答都是 {rdata}", ""),
    "zone.no_servers": ("找不到 {record} 的域名服务器：{why}", "请在注册商处把区域委派给服务商的域名服务器"),
    "zone.silent": ("{why}", "要由服务商解决，或者委派中写了已不再服务此区域的服务器"),
    "zone.disagree": (
        "各域名服务器对 {record} 的回答不一致：{views}",
        "请等一分钟，变更需要时间；如果一直如此，要由服务商解决",
    ),
    "zone.other": (
        "域名服务器对 {record} 的回答是 {rdata}，而本机发布的是 {published}",
        "有人改过它，或者区域由别的服务商提供：请核对委派与服务商",
    ),
    "zone.proxied": ("{record} 经过代理：服务商以它自己的地址应答", ""),
    "record.ok": ("每条记录都符合要求（共 {count} 条）", ""),
    "record.paused": (
        "{name} 已暂停，在恢复之前不会为它发布任何内容",
        "`homeport resume {name}` 让它继续",
    ),
    "record.paused_until": (
        "{name} 已暂停，在 {until} 之前不会为它发布任何内容",
        "`homeport resume {name}` 让它立即继续",
    ),
    "record.unfinished": (
        "{name} {type} 处于 {state}：{reason}",
        "`homeport retry {name}` 立即重试；`homeport status` 显示下次何时重试",
    ),
    "reach.ok": ("{address} 的端口 {port} 能从外面访问：{server} 连上了", ""),
    "reach.shut": (
        "{server} 连不上 {address} 的端口 {port}：{why}",
        "请在路由器中把它转发到本机，在本机防火墙中放行，并确认有程序在监听",
    ),
    "reach.untried": ("没有尝试端口 {port} 经 {family} 能否从外面访问：{why}", ""),
    "reach.not_asked": ("没有尝试端口能否从外面访问：没有指定端口", "`homeport doctor --port 443` 试一个"),
    "reach.nobody": (
        "没有尝试端口 {port} 能否从外面访问：服务商中没有自己的服务器可以来试",
        "请用关闭 Wi-Fi 的手机试；从里面试说明不了什么",
    ),
    "walk.fault": ("检查 {check} 无法进行：{why}", "请把 --log-level debug 的输出告诉我们"),
    "walk.slow": ("检查 {check} 白等了 {seconds} 秒", "请先看它之前的结果"),
}


def sentence(finding: Finding) -> str:
    """Return what was found, in Chinese."""
    return SENTENCES[finding.said.id][0].format_map(_fields(finding))


def remedy(finding: Finding) -> str:
    """Return the way out, in Chinese."""
    return SENTENCES[finding.said.id][1].format_map(_fields(finding))


def _fields(finding: Finding) -> dict[str, Any]:
    """Return what a sentence is filled with: what an exit code means is ours, and so in Chinese."""
    if finding.said.id != "service.ended":
        return dict(finding.fields)
    return {
        name: in_chinese(value) if isinstance(value, str) else value for name, value in finding.fields.items()
    }
