"""Callback of ansible: one line of JSON for each task, and nothing else."""
import json

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "told"

    def tell(self, result, verdict):
        line = {"task": result.task_name, "verdict": verdict, "why": str(result.result.get("msg", ""))}
        print(json.dumps(line), flush=True)

    def v2_runner_on_ok(self, result):
        self.tell(result, "changed" if result.result.get("changed") else "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.tell(result, "failed")

    def v2_runner_on_skipped(self, result):
        self.tell(result, "skipped")

    def v2_runner_on_unreachable(self, result):
        self.tell(result, "failed")
