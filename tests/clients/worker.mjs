// A worker as its authors' README writes one. It obeys each task's variable "perintah" until it has
// handled as many tasks as it was told, and says what it saw.

import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";

import { BasicAuthInterceptor, Client, File, Variables } from "camunda-external-task-client-js";

let input = "";
for await (const chunk of process.stdin) input += chunk;
const { baseUrl, username, password, topic, tasks } = JSON.parse(input);

const seen = [];
const errors = [];
const client = new Client({
  baseUrl,
  workerId: "js-1",
  interceptors: new BasicAuthInterceptor({ username, password }),
  asyncResponseTimeout: 2000,
  interval: 50,
});

for (const event of ["poll", "complete", "handleFailure", "handleBpmnError", "extendLock", "handler"]) {
  client.on(`${event}:error`, (...args) => {
    const error = args.at(-1);
    errors.push({ event, status: error.httpStatusCode, type: error.type, message: String(error) });
    if (event === "poll") client.stop();
  });
}

async function obey(task, taskService) {
  switch (task.variables.get("perintah")) {
    case "selesai":
      await taskService.extendLock(task, 90000);
      return taskService.complete(
        task,
        new Variables().setAll({ terkirim: true, rincian: { nomor: [1, 2] }, biaya: 1.5, kosong: null }),
        new Variables().set("sementara", 1),
      );
    case "gagal":
      if (task.retries === null) {
        return taskService.handleFailure(task, {
          errorMessage: "putus",
          errorDetails: "jejak",
          retries: 1,
          retryTimeout: 0,
        });
      }
      return taskService.handleFailure(task, { errorMessage: "putus lagi", retries: 0 });
    case "berkas": {
      const letter = await task.variables.get("surat").load();
      const digest = createHash("sha256").update(letter.content).digest("hex");
      await writeFile("tanda-terima.txt", `diterima ${digest}`);
      const receipt = await new File({ localPath: "tanda-terima.txt", mimetype: "text/plain" }).load();
      return taskService.complete(task, new Variables().setAll({ bukti: receipt, diterima: letter.filename }));
    }
    case "salah":
      return taskService.handleBpmnError(task, "ALAMAT", "tidak ada", new Variables().set("alamat", ""));
    case "lepas":
      await taskService.unlock(task);
      await taskService.lock(task, 5000);
      return taskService.complete(task);
    default:
      throw new Error("unknown perintah");
  }
}

client.subscribe(topic, { lockDuration: 60000, includeExtensionProperties: true }, async ({ task, taskService }) => {
  try {
    await obey(task, taskService);
  } finally {
    const { surat, ...variables } = task.variables.getAll();
    seen.push({ ...task, variables });
    if (seen.length >= tasks) client.stop();
  }
});

client.on("poll:stop", () => {
  // What is under way may still end.
  setTimeout(() => {
    console.log(JSON.stringify({ seen, errors }));
    process.exit(0);
  }, 300);
});
