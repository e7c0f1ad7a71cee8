/** A file by its name, which leads to its page, and the button that downloads it. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { api } from "@/api/client";
import { fileQuery } from "@/api/queries";
import { IconButton } from "@/components/controls/Button";
import layout from "@/components/layout/layout.module.css";
import { Problem } from "@/components/layout/States";
import { useMessages } from "@/i18n";
import { saveAs } from "@/lib/encoding";

export function FileLink({ id }: { id: string }) {
  const common = useMessages().common;
  const file = useQuery(fileQuery(id));
  const name = file.data?.filename ?? id;
  const download = useMutation({
    mutationFn: async () => saveAs(name, await (await api().files.content(id)).blob()),
  });
  return (
    <>
      <span className={layout.oneLine}>
        <Link to="/files/$fileId" params={{ fileId: id }}>
          {name}
        </Link>
        <IconButton
          size="small"
          label={`${common.download}: ${name}`}
          disabled={download.isPending}
          onClick={() => download.mutate()}
        >
          <Download />
        </IconButton>
      </span>
      <Problem error={download.error} />
    </>
  );
}
