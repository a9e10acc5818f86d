"""What a new workflow begins with: the smallest one that passes every check, with a word on each part."""

BLANK = """\
# Quy trình mới. Sửa từng phần dưới đây; cột bên cạnh cho biết điều chưa đúng và vẽ lại sơ đồ.
# A new workflow. Change each part below; the column beside it tells what is not right yet and draws it again.
format: 1
workflow: new_workflow           # tên trong hệ thống, không đổi về sau / its name in the system, never changed later
version: 1
code: QT                         # mở đầu mã số / what codes begin with: QT-2026-0001
label: {vi: "Quy trình mới", en: "New workflow"}
create: {by: [officer, unit_head], require: [title]}

fields:
  title: {type: text, private: false, label: {vi: "Nội dung", en: "Subject"}}

states:
  open: {initial: true, waits_on: unit_head, label: {vi: "Chờ xem xét", en: "Waiting for the head"}}
  closed: {final: done, freeze: all, label: {vi: "Đã xong", en: "Done"}}

transitions:
  close:
    from: open
    to: closed
    by: [unit_head]
    label: {vi: "Kết thúc", en: "Close"}

timers:
  remind: {in: [open], at: "entered + 48h", every: 48h, max: 5, notify: [unit_head]}
"""
