/** Up to three models on the same conversation. */

import { useQuery } from "@tanstack/react-query";
import { Eraser, Plus, Send, Square } from "lucide-react";
import { type KeyboardEvent, useEffect, useState } from "react";
import { lineOfJobQuery, modelsQuery } from "@/api/queries";
import { Button } from "@/components/controls/Button";
import { CodeInLanguages } from "@/components/display/Code";
import { Dialog } from "@/components/layout/Dialog";
import field from "@/components/controls/Field.module.css";
import layout from "@/components/layout/layout.module.css";
import { Page } from "@/components/layout/Page";
import { useMessages } from "@/i18n";
import { firstChoice, chatGroups } from "@/lib/models";
import { session } from "@/lib/tab/session";
import { chatCode } from "@/lib/snippets";
import { ColumnView } from "./ColumnView";
import { type Column, type Entry, messagesOf } from "./columns";
import { ChosenImages, ImageButton, ImageDrop } from "./ImageChooser";
import { FileExample } from "./FileExample";
import { KeptPairs } from "./KeptPairs";
import { isChoiceOpen, pairsOf } from "./pairs";
import { exampleName, initialState, MAX_MODELS, parseState } from "./savedState";
import styles from "./Playground.module.css";
import { SaveExample } from "./SaveExample";
import { isSchemaGood, readTools, samplingOf, type Settings } from "./settings";
import { SettingsPanel } from "./SettingsPanel";
import { useColumns } from "./useColumns";
import { STORAGE_NAME, useAutosave } from "./useAutosave";
import { useImages } from "./useImages";
import { useKeptPairs } from "./useKeptPairs";

export function Playground({
  chosen,
  onChoose,
  system,
  question,
  job,
  line,
  onLine,
}: {
  chosen: readonly string[];
  onChoose: (models: string[]) => void;
  system: string | undefined;
  /** To begin with, in place of what was typed. */
  question: string | undefined;
  /** The job whose file gives the question, and the line of it. */
  job: string | undefined;
  line: number;
  onLine: (line: number) => void;
}) {
  const { playground: words, common } = useMessages();
  const known = useQuery(modelsQuery).data ?? [];
  const [start] = useState(() => {
    const found = initialState(parseState(session.load(STORAGE_NAME)), chosen, system);
    return question === undefined ? found : { ...found, text: question };
  });
  const [picked, setPicked] = useState(start.models);
  const models = picked.length > 0 ? picked : [firstChoice(known)];
  const [settings, setSettings] = useState(start.settings);
  const [text, setText] = useState(start.text);
  const [taken, setTaken] = useState(start.example);
  // The question that was put into the message field last.
  const [offered, setOffered] = useState(start.text);
  const [saved, setSaved] = useState<Column | null>(null);
  const [coded, setCoded] = useState<Column | null>(null);
  const [pairs, keep] = useKeptPairs();
  // One of the answers that were chosen among last, so that one choice is made once.
  const [chosenAmong, setChosen] = useState<Entry>();
  const run = useColumns(models, settings, start.entries);
  const hasTalked = run.entries.some((entries) => entries.length > 0);
  // The default model is saved only once it has a conversation: it may be another one next time.
  useAutosave({ models: hasTalked ? models : picked, entries: run.entries, settings, text, example: taken });
  // The address names the models, for reloading and sharing.
  useEffect(() => {
    if (picked.join() !== chosen.join()) onChoose([...picked]);
  }, [picked, chosen, onChoose]);
  const isReady = models.every((model) => model !== "") && readTools(settings.tools) !== null && isSchemaGood(settings.schema);

  const brought = useQuery({ ...lineOfJobQuery(job ?? "", line), enabled: job !== undefined }).data?.example;
  const wanted = job === undefined ? undefined : exampleName(job, line);
  // Once for each line: what is changed afterwards stays, also when the page is loaded again.
  if (brought && wanted !== taken) {
    setTaken(wanted);
    setSettings((before) => ({ ...before, system: brought.system, tools: brought.tools }));
    // What somebody has typed meanwhile stays.
    setText((before) => (before.trim() === "" || before === offered ? brought.question : before));
    setOffered(brought.question);
  }

  const images = useImages();
  const isEmpty = text.trim() === "" && images.urls.length === 0;

  const canChoose = isChoiceOpen(run.columns) && chosenAmong !== run.entries[0]?.at(-1);
  const choose = (at: number) => {
    keep([...pairs, ...pairsOf(run.columns, at, settings.system, readTools(settings.tools) ?? [])]);
    setChosen(run.entries[0]?.at(-1));
  };

  const send = () => {
    if (isEmpty || run.isRunning || !isReady) return;
    run.send(text, images.urls);
    setText("");
    images.clear();
  };
  const startOver = () => {
    run.clear();
    setText("");
    images.clear();
  };
  const askAnew = (question: string) => {
    run.restart(question);
    setText("");
  };
  const remove = (at: number) => {
    run.remove(at);
    setPicked(models.toSpliced(at, 1));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      send();
    }
  };
  const request = (column: Column) => ({
    model: column.model,
    messages: messagesOf(settings.system, column.entries),
    ...samplingOf(settings),
  });
  return (
    <Page
      isWide
      title={common.nav.playground}
      about={words.about}
      actions={
        <>
          <Button onClick={startOver} disabled={isEmpty && !hasTalked}>
            <Eraser /> {words.clear}
          </Button>
          <Button
            disabled={models.length >= MAX_MODELS}
            onClick={() => setPicked([...models, another(known, models)])}
          >
            <Plus /> {words.addModel}
          </Button>
        </>
      }
    >
      <div className={styles.layout}>
        <ImageDrop images={images}>
          <div className={styles.columns}>
            {run.columns.map((column, at) => (
              <ColumnView
                key={at}
                column={column}
                showsProbabilities={settings.showsProbabilities}
                actions={{
                  onModel: (model) => setPicked(models.with(at, model)),
                  onRemove: models.length > 1 && !run.isRunning ? () => remove(at) : null,
                  onAsk: () => run.ask(at),
                  onResults: (results) => run.answerCalls(at, results),
                  onBetter: canChoose ? () => choose(at) : null,
                  onSave: () => setSaved(column),
                  onCode: () => setCoded(column),
                }}
              />
            ))}
          </div>
          {job !== undefined && (
            <FileExample jobId={job} line={line} canAsk={isReady && !run.isRunning} onLine={onLine} onAsk={askAnew} />
          )}
          {canChoose && <p className={styles.choice}>{words.whichIsBetter}</p>}
          <KeptPairs pairs={pairs} onClear={() => keep([])} />
          <div className={styles.composer}>
            <ChosenImages images={images} />
            <textarea
              className={field.control}
              aria-label={words.message}
              placeholder={words.placeholder}
              rows={3}
              value={text}
              onChange={(event) => setText(event.target.value)}
              onKeyDown={onKeyDown}
              onPaste={(event) => {
                images.add(event.clipboardData.files);
              }}
            />
            <div className={layout.between}>
              <span className={layout.faint}>{words.keys}</span>
              {run.isRunning ? (
                <Button onClick={run.stop}>
                  <Square /> {words.stop}
                </Button>
              ) : (
                <div className={layout.row}>
                  <ImageButton images={images} />
                  <Button kind="primary" disabled={isEmpty || !isReady} onClick={send}>
                    <Send /> {words.send}
                  </Button>
                </div>
              )}
            </div>
          </div>
        </ImageDrop>
        <SettingsPanel settings={settings} onChange={(part) => setSettings((before) => ({ ...before, ...part }))} />
      </div>
      {saved && (
        <SaveExample
          lines={[{ messages: messagesOf(settings.system, saved.entries), ...toolsOf(settings) }]}
          title={words.save}
          about={words.saveAbout}
          fileName="playground.jsonl"
          onClose={() => setSaved(null)}
        />
      )}
      <Dialog isOpen={coded !== null} onOpenChange={() => setCoded(null)} title={words.viewCode} isWide>
        {coded && <CodeInLanguages label={words.viewCode} code={chatCode(request(coded), window.location.origin)} />}
      </Dialog>
    </Page>
  );
}

/** A base to compare with, unless it is there already. */
function another(known: readonly { id: string; created: number }[], models: readonly string[]): string {
  const names = chatGroups(known, "").flatMap((group) => group.names);
  return names.find((name) => !models.includes(name)) ?? names[0] ?? "";
}

function toolsOf(settings: Settings): object {
  const tools = readTools(settings.tools) ?? [];
  return tools.length > 0 ? { tools } : {};
}
