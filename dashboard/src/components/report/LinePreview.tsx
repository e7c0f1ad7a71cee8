/** One line of the file in tokens; the lines are stepped through. */

import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useState } from "react";
import { useErrorText } from "@/api/errorText";
import { previewQuery } from "@/api/queries";
import { type MethodName, x } from "@/api/x";
import { IconButton } from "@/components/controls/Button";
import layout from "@/components/layout/layout.module.css";
import { Loading, Notice } from "@/components/layout/States";
import { Tokens } from "@/components/display/Tokens";
import { Picture } from "@/components/display/Picture";
import { useMessages } from "@/i18n";
import { readExample } from "@/lib/conversation";
import { withAddresses } from "@/lib/images";
import { parseObject } from "@/lib/jsonl";

export function LinePreview({
  fileId,
  model,
  method,
  splitTurns,
  isLineGood,
}: {
  fileId: string;
  model: string;
  method: MethodName;
  splitTurns: boolean | undefined;
  isLineGood: (line: number) => boolean;
}) {
  const words = useMessages().files.tokens;
  const textOf = useErrorText();
  const [line, setLine] = useState(1);
  const isGood = isLineGood(line);
  const preview = useQuery({ ...previewQuery(fileId, model, method, { line, splitTurns }), enabled: isGood });
  return (
    <section className={layout.tight}>
      <div className={layout.between}>
        <h3>{words.title}</h3>
        <div className={layout.row}>
          <IconButton size="small" label={words.previous} disabled={line === 1} onClick={() => setLine(line - 1)}>
            <ChevronLeft />
          </IconButton>
          <span className={layout.quiet}>{words.line(line)}</span>
          <IconButton size="small" label={words.next} disabled={preview.isError} onClick={() => setLine(line + 1)}>
            <ChevronRight />
          </IconButton>
        </div>
      </div>
      <p className={layout.quiet}>{words.about}</p>
      {!isGood && <Notice kind="warning">{words.unreadable}</Notice>}
      {isGood && preview.isError && <Notice kind="warning">{textOf(preview.error)}</Notice>}
      {isGood && preview.isPending && <Loading lines={2} />}
      {preview.data && <Pictures fileId={fileId} line={line} />}
      {preview.data && <Tokens preview={preview.data} />}
    </section>
  );
}

/** The images of the line, which stand among its tokens. */
function Pictures({ fileId, line }: { fileId: string; line: number }) {
  const shown = useQuery({
    queryKey: ["files", fileId, "lines", line, 1],
    queryFn: ({ signal }) => x.fileLines(fileId, { start: line, limit: 1 }, signal),
    staleTime: Infinity,
  });
  const parsed = parseObject(shown.data?.data[0]?.text ?? "");
  const example = parsed && readExample(parsed);
  const images = example ? withAddresses(example, fileId, line).messages.flatMap((message) => message.images) : [];
  if (images.length === 0) return null;
  return (
    <div className={layout.row}>
      {images.map((address, at) => (
        <Picture key={at} address={address} />
      ))}
    </div>
  );
}
