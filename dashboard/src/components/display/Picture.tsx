/** An image of a conversation: inside of its address, or sent by this server; others are not loaded. */

import { useErrorText } from "@/api/errorText";
import { useQuery } from "@tanstack/react-query";
import { api } from "@/api/client";
import layout from "@/components/layout/layout.module.css";
import { Loading } from "@/components/layout/States";
import { useMessages } from "@/i18n";
import { dataUrlOf, routeOf } from "@/lib/images";
import styles from "./Conversation.module.css";
import { Tag } from "./Status";

/** Fetching an image from elsewhere would reveal the user to its server. */
export function Picture({ address }: { address: string }) {
  const words = useMessages().common.conversation;
  const route = routeOf(address);
  if (address.startsWith("data:image/")) return <img className={styles.image} src={address} alt={words.image} />;
  if (route !== null) return <SentPicture route={route} />;
  return (
    <div>
      <Tag>{words.imageElsewhere}</Tag> <span className={layout.mono}>{address}</span>
    </div>
  );
}

function SentPicture({ route }: { route: string }) {
  const textOf = useErrorText();
  const words = useMessages().common.conversation;
  const picture = useQuery({
    queryKey: ["pictures", route],
    queryFn: async ({ signal }) => {
      const answer = await api().get<Response>(route, { __binaryResponse: true, signal });
      return await dataUrlOf(await answer.blob());
    },
    staleTime: Infinity,
    retry: false,
  });
  if (picture.isPending) return <Loading lines={1} />;
  if (picture.isError) return <Tag>{textOf(picture.error)}</Tag>;
  return <img className={styles.image} src={picture.data} alt={words.image} />;
}
